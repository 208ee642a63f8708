"""Questions: requests that are put to a deployment again and again, and to two, to see whether it says the same.

They are declared in the suite's folder `questions/`, made of the user's own pictures, or generated; none of them names
a model, a host or a key, so that one question can be put to any deployment.
"""
