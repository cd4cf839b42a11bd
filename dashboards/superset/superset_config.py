"""Superset's settings; it reads this file, named by SUPERSET_CONFIG_PATH, when it starts."""

import json
import os
from pathlib import Path

_root = Path(__file__).parents[2]
_home = Path(os.environ.get("SUPERSET_HOME", _root / "output" / "superset")).absolute()

SECRET_KEY = json.loads((_home / "keys.json").read_text())["secret_key"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_home / 'superset.db'}"

# A name of its own: cookies do not tell ports apart, and other applications also call theirs `session`.
SESSION_COOKIE_NAME = "freshsales_superset"
SESSION_COOKIE_SAMESITE = "Strict"

# The page may ask this server alone: as it comes, Superset counts its users through a pixel elsewhere.
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
