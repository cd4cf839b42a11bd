"""The settings of Superset. It reads this file at its start: SUPERSET_CONFIG_PATH names it."""

import json
import os
from pathlib import Path

_root = Path(__file__).parents[2]
_home = Path(os.environ.get("SUPERSET_HOME", _root / "output" / "superset")).absolute()

SECRET_KEY = json.loads((_home / "keys.json").read_text())["secret_key"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_home / 'superset.db'}"

# An own name: cookies do not depend on the port, and other applications also name theirs `session`.
SESSION_COOKIE_NAME = "freshsales_superset"
SESSION_COOKIE_SAMESITE = "Strict"

# The page may send requests to this server only. By default, Superset counts users by a pixel elsewhere.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
