"""A page on which one walks through the regions: one file of HTML, and the same within a notebook."""

from __future__ import annotations

from .content import check_viewable
from .notebook import View
from .page import check_page, page_html, write_page

__all__ = ["View", "check_page", "check_viewable", "page_html", "write_page"]
