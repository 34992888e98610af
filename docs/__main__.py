"""``python -m docs`` builds the site, ``lite`` the course in the browser, ``serve`` shows both."""

import sys

from docs.command import main

sys.exit(main(sys.argv[1:]))
