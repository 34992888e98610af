"""``python -m docs`` builds the site into docs/_build/html."""

import sys

from docs.site import BUILD, build

status = build()
print(f"open {BUILD / 'html' / 'index.html'}" if status == 0 else "the site has errors")
sys.exit(status)
