"""Assay's documentation as a site: pages written by hand, and pages written from the code, held together by Sphinx.

Each module here writes pages of one kind, as Markdown by their address in the site. Nothing that the code knows is
told a second time by hand: commands come from click, rules from the catalogue, the record from its schema.
"""
