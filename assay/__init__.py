"""Assay tells whether a vision-inference deployment keeps the promises of its documentation, and how fast it is.

The rooms of the engine, from the top down; each imports only from rooms below it:

    cli         the commands, and what they say on the screen
    selftest    faults against rules: whether the suite can see
    differ      two deployments asked the same, and what moves in one of them by itself
    doctor      what is here, what can be reached and what would be checked; a configuration of it
    golden      answers of a trusted deployment, kept as files, and what is answered now held to them
    bench       workloads measured on a deployment, or on two in turn
    questions   requests that are put to a deployment again and again, and the deployment as it is asked them
    plugin      pytest's part: options, the run in progress, drivers of operations, outcomes
    report      what a person or a CI server reads of a run: HTML, JUnit, Markdown, the terminal; and the verdict
    replay      one recorded request, sent again
    compare     runs against each other: what changed, what got slower, and how sure that is
    load        requests at stated times or by so many clients, how long each took, and whether that can be believed
    expect      known deviations
    faults      ways to break a server, applied by a proxy in front of it
    annotated   pictures with what is on them by a data set of the user's, and how well answers say the same
    likeness    two answers to one request, compared by meaning, with tolerances that have an origin
    judge       answers read and compared by meaning; what rules verify
    generate    from a schema to requests: valid, and invalid in one named way
    target      the deployment under test: sending, policy, budget, discovery
    record      the run record: model, writing, reading, redaction
    twins       two pictures that are nearly alike
    probes      pictures painted for one question: bands that lean, bars, pairs that overlap by about the default
    photograph  the user's own pictures, in which a witness is looked for as well
    scene       painted pictures with their ground truth
    cmyk        a picture as a JPEG in four inks
    encodings   pixels as the bytes of a picture: PNG, JPEG, and others that hold the same pixels
    contract    operations, schemas, rules, requests and where a picture stands in them
    picture     pictures as bytes: their size and their pixels, within one bound
    letters     a block font, for what scenes say
    serving     an application as a real HTTP server, while a block lasts
    extensions  rules, judges and workloads that installed packages add
    suite       where the suite's own folders lie
    garbage     when Python looks for garbage: seldom, and at the end no more
    interrupts  Ctrl-C: the first ends what is going on, a second does not break the ending
    errors      what can go wrong outside the target's answers, and the exit codes

    reference   the embedded deployment, beside the tower, so that one mistake cannot hide in both
"""

__version__ = "0.1.0"
