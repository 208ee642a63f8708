"""How Sphinx makes the site. Whatever it warns of is an error: see docs/generating/site.py."""

import assay

project = "Assay"
author = "Assay"
release = assay.__version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generating"]

myst_heading_anchors = 3
smartquotes = False  # --option stays what is typed

html_theme = "furo"
html_title = f"Assay {release}"
html_static_path = ["static"]
html_css_files = ["assay.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_last_updated_fmt = None
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}  # there is no page to edit elsewhere
