"""How Sphinx builds the site: ``make site``, with warnings as errors.

Sphinx with MyST and furo, because all three are maintained, autodoc and the check of every link and anchor
are built in, and the whole site is built in seconds; MkDocs, the other candidate, has had no release
since 2024. The versions are those of ``constraints.txt``.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # for command_reference

from deepcinac.version import PROJECT_URL, __version__  # noqa: E402

project = "DeepCINAC"
author = "DeepCINAC developers"
version = release = __version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "command_reference"]
myst_heading_anchors = 4
smartquotes = False  # they would make an en dash of --out
highlight_language = "none"
autodoc_typehints = "none"  # the docstrings say types and shapes, and signatures stay readable
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"DeepCINAC {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {"source_repository": PROJECT_URL, "source_branch": "main",
                      "source_directory": "docs/"} if PROJECT_URL else {}  # fmt: skip
