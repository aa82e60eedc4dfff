"""Settings of the portal, in the order of the rooms; each value comes through `env`.

The list of variables with their meaning is docs/configuration.md. Rules between
settings are system checks in the apps.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from govmail_portal import env, rota
from govmail_portal.engines.content import content_storage
from govmail_portal.engines.postgres import database

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The portal -----------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = [key for key in env.secret("SECRET_KEY_FALLBACKS", "").split() if key]
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
# Where the portal keeps its own files: keyring, content, what the gateways wrote.
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
# Plain HTTP is for a developer's loopback only; cookies and HSTS follow this.
HTTPS = env.flag("HTTPS", default=True)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "accounts.apps.PortalAdminConfig",
    "allauth",
    "allauth.account",
    "django_otp",
    "django_htmx",
    "csp",
    "accounts",
    "mailbox",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "govmail_portal.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.OwnLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "govmail_portal.middleware.PortalErrorMiddleware",
]

ROOT_URLCONF = "govmail_portal.urls"
ASGI_APPLICATION = "govmail_portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
            "libraries": dict.fromkeys(["i18n", "static"], "accounts.templatetags.said_once"),
        },
    }
]

# --- Engines --------------------------------------------------------------

DATABASES = {
    "default": database(env.secret("DATABASE_URL"), env.number("DATABASE_POOL", default=0))
}
# Into how many partitions the tables of mail are divided; read once, by their migration.
MAIL_PARTITIONS = env.number("MAIL_PARTITIONS", default=16, least=1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.secret("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"serializer": "govmail_portal.json_cache.JsonSerializer"},
    }
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if env.flag("STATIC_MANIFEST", default=False)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "content": content_storage(default_folder=VAR_DIR / "content", https=HTTPS),
}
MEDIA_ROOT = VAR_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "static-collected"))
# Let the web process serve the static files itself; nginx does it in production.
SERVE_STATIC = env.flag("SERVE_STATIC", default=False)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "govmail_portal.browser_libraries.BrowserLibraryFinder",
]

# --- Celery ---------------------------------------------------------------

CELERY_BROKER_URL = (
    REDIS_URL if not REDIS_URL.startswith("unix://") else "redis+socket://" + REDIS_URL[7:]
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "mail"
CELERY_TASK_ROUTES = rota.ROUTES
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is down is not waited for: whoever presses "send" would be, for four seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "max_retries": 0}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Bangkok"
CELERY_BEAT_SCHEDULE = rota.SCHEDULE

# --- Language and time ----------------------------------------------------

LANGUAGE_CODE = "th"
LANGUAGES = [("th", _("Thai")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "govmail_portal" / "locale"]
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Bangkok"
USE_TZ = True

# --- Security -------------------------------------------------------------

_PREFIX = "__Host-" if HTTPS else ""
SESSION_ENGINE = "accounts.signing_in.session_store"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_NAME = f"{_PREFIX}session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.number("SESSION_HOURS", default=12, least=1) * 3600
# Signing in again after an hour without a click (NIST SP 800-63B-4, AAL2).
SESSION_IDLE = timedelta(minutes=env.number("SESSION_IDLE_MINUTES", default=60, least=1))
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "govmail_portal.views.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
# Prometheus on the same machine asks the process itself, without a proxy before it.
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Nothing is told to other sites. "no-referrer" would also make a browser send "Origin: null"
# with our own forms, and the check against forged requests would refuse them all.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
# It wants DENY; the frame of a message is a page of ours within a page of ours.
# And `said_once` stands in the place of two of Django's libraries on purpose.
SILENCED_SYSTEM_CHECKS = ["security.W019", "templates.W003"]
# The page's own policy; the frame of a message brings a stricter one of its own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        # No string becomes markup or script but through a policy of static/shared/trusted-types.js,
        # the worker's of install.js, or the sanitiser's.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default", "portal-inspector", "portal-worker", "dompurify"],
    }
}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["address"]},
    },
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# Uploads stay in memory and are sealed from there: a temporary file would lie readable (P4).
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 40 * 1024**2

# --- accounts: signing in -------------------------------------------------

AUTH_USER_MODEL = "accounts.Account"
# An agency's directory first: for those it signs in, no password of the portal's own opens.
AUTHENTICATION_BACKENDS = [
    "accounts.signing_in.directory_login.DirectoryBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.signing_in.adapter.PortalAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "address"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
# A whole ministry may come through one network address: the limits of an address are wide,
# those of an account narrow.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "200/m/ip,5/5m/key",
    # Wrong codes of printed letters.
    "activate": "200/m/ip,5/5m/key",
}
OTP_TOTP_ISSUER = "GovMail Portal"
# Key of the chain of administrative acts (P11); empty: the secret key and its earlier ones.
AUDIT_KEY = env.secret("AUDIT_KEY", "")
# How accounts seals its secrets without importing the mail's keyring.
SECRET_SEALER = "mailbox.sealing.secrets.AccountSecrets"  # noqa: S105  # a class, not a secret

# --- accounts: provisioning -----------------------------------------------

# How long a worker may hold an account that is being opened before another may try it.
PROVISIONING_LEASE = timedelta(minutes=env.number("PROVISIONING_LEASE_MINUTES", default=5, least=1))
# How long the first key to an account opens it: a link is handed over, a letter travels.
ACTIVATION_LINK_LASTS = timedelta(hours=env.number("ACTIVATION_LINK_HOURS", default=72, least=1))
ACTIVATION_LETTER_LASTS = timedelta(days=env.number("ACTIVATION_LETTER_DAYS", default=30, least=1))
# Where officials of agencies that are not ready have their addresses, by a decision of two.
CENTRAL_DOMAIN = env.text("CENTRAL_DOMAIN", "").strip().lower()

# --- accounts: directory --------------------------------------------------

# How long an agency's LDAP directory may be silent, at any step; at a sign-in 8 seconds at most.
DIRECTORY_TIMEOUT = timedelta(seconds=env.number("DIRECTORY_TIMEOUT_SECONDS", default=20, least=1))

# --- accounts: readiness --------------------------------------------------

# Who is asked, who we say we are, and where our probes may go (`accounts.readiness.ground`).
READINESS_RESOLVERS = env.names("READINESS_RESOLVERS", "127.0.0.1:53")
READINESS_NAME = env.text("READINESS_NAME", ALLOWED_HOSTS[0].lstrip("*.") or "localhost")
READINESS_CONTACT = env.text("READINESS_CONTACT", f"postmaster@{READINESS_NAME}")
# Servers that always answer, to tell our own outage from theirs: roots A, K and L of DNS.
READINESS_REFERENCES = env.names(
    "READINESS_REFERENCES",
    "198.41.0.4:53,193.0.14.129:53,199.7.83.42:53,[2001:7fd::1]:53,[2001:500:9f::42]:53",
)
# Agencies write their test letters to it, with a token behind a plus; empty: there are none.
READINESS_ADDRESS = env.text("READINESS_ADDRESS", "").strip().lower()
READINESS_CA_FILE = env.text("READINESS_CA_FILE", "")
READINESS_SCANNER = env.text("READINESS_SCANNER", "")
# The DMARC ladder looks back 120 days.
READINESS_EVIDENCE_DAYS = env.number("READINESS_EVIDENCE_DAYS", default=60, least=14)
READINESS_RUNS_DAYS = env.number("READINESS_RUNS_DAYS", default=150, least=150)
# Only where probes are tried: private networks, and other ports, that they may go to.
READINESS_TEST_PROFILE = env.flag("READINESS_TEST_PROFILE", default=False)
READINESS_ALSO = env.names("READINESS_ALSO")
READINESS_PORTS = env.names("READINESS_PORTS")

# --- mailbox: keys --------------------------------------------------------

# The file of this process's own keyring: web, worker and LMTP have different ones (P5).
KEYRING_FILE = env.text("KEYRING_FILE", str(VAR_DIR / "keys" / "web.json"))
# The keyring's JSON itself, where there is no file; it wins.
KEYRING_JSON = env.text("KEYRING_JSON", "")

# --- mailbox: inbound -----------------------------------------------------

LMTP_HOST = env.text("LMTP_HOST", "127.0.0.1")
LMTP_PORT = env.number("LMTP_PORT", default=8024)
# What one lmtpd process takes at a time; beyond it the MTA hears "later" and keeps its mail.
LMTP_CONNECTIONS = env.number("LMTP_CONNECTIONS", default=100, least=1)
LMTP_IN_HAND = env.number("LMTP_IN_HAND_MB", default=128, least=1) * 1024**2
LMTP_IDLE_SECONDS = env.number("LMTP_IDLE_SECONDS", default=300, least=1)
LMTP_MESSAGE_SECONDS = env.number("LMTP_MESSAGE_SECONDS", default=600, least=1)
# And it takes none while the disk is nearly full or the workers cannot follow.
LMTP_FREE_DISK = env.number("LMTP_FREE_DISK_MB", default=1024) * 1024**2
LMTP_BACKLOG = env.number("LMTP_BACKLOG", default=200_000, least=1)
# The largest message taken in or sent, in bytes, announced as SIZE (RFC 1870).
MESSAGE_SIZE_LIMIT = env.number("MESSAGE_SIZE_LIMIT", default=36_700_160, least=65_536)
# How long a worker may hold an arrival before another may try it.
FILING_LEASE = timedelta(minutes=env.number("FILING_LEASE_MINUTES", default=5, least=1))
FILING_ATTEMPTS = env.number("FILING_ATTEMPTS", default=3, least=1)
# What reading one message may cost before it is held: seconds and bytes of the reading process.
PARSE_SECONDS = env.number("PARSE_SECONDS", default=10, least=1)
# Whose Authentication-Results are believed (RFC 8601): the name our own MTA writes into them.
AUTHSERV_ID = env.text("AUTHSERV_ID", "")
INCIDENT_ADDRESS = env.text("INCIDENT_ADDRESS", "")
PARSE_MEMORY = env.number("PARSE_MEMORY_MB", default=1024, least=128) * 1024**2
# What the search index may cost for the text inside a letter's files: seconds for all of them
# together, of a worker and of somebody who waits for sending, and memory of the process.
EXTRACT_SECONDS = env.number("EXTRACT_SECONDS", default=5, least=1)
EXTRACT_SECONDS_SENDING = env.number("EXTRACT_SECONDS_SENDING", default=2, least=1)
EXTRACT_MEMORY = env.number("EXTRACT_MEMORY_MB", default=512, least=256) * 1024**2
# Whether a rule may forward mail to colleagues of another agency, by itself.
FORWARD_TO_OTHER_AGENCIES = env.flag("FORWARD_TO_OTHER_AGENCIES", default=False)

# --- mailbox: people ------------------------------------------------------

# How many mailboxes the keyholder keeps ready for workers to give out (ADR 0012).
SPARE_MAILBOXES = env.number("SPARE_MAILBOXES", default=200, least=1)

# --- mailbox: outbound ----------------------------------------------------

UNDO_SECONDS = env.number("UNDO_SECONDS", default=10)
ATTACHMENT_LIMIT = env.number("ATTACHMENT_LIMIT_MB", default=25, least=1) * 1024**2
# How many worker processes relay: at most half of them serve one agency at a time.
RELAY_PROCESSES = env.number("RELAY_PROCESSES", default=4, least=1)
# Must be longer than GATEWAY_TIMEOUT by a wide margin: it is counted afresh at each step.
RELAY_LEASE = timedelta(minutes=env.number("RELAY_LEASE_MINUTES", default=30, least=1))
GATEWAY_TIMEOUT = timedelta(seconds=env.number("GATEWAY_TIMEOUT_SECONDS", default=60, least=1))
# A letter to more than so many is a circular: it yields to the others.
BULK_RECIPIENTS = env.number("BULK_RECIPIENTS", default=100, least=1)
# How many recipients a letter, and a day, may have: from a person's mailbox and an office's.
RECIPIENTS_A_MESSAGE = env.number("RECIPIENTS_A_MESSAGE", default=1_000, least=1)
RECIPIENTS_A_DAY = env.number("RECIPIENTS_A_DAY", default=5_000, least=1)
OFFICE_RECIPIENTS_A_MESSAGE = env.number("OFFICE_RECIPIENTS_A_MESSAGE", default=20_000, least=1)
OFFICE_RECIPIENTS_A_DAY = env.number("OFFICE_RECIPIENTS_A_DAY", default=100_000, least=1)
# Which resolvers are asked for DKIM records; empty: the system's.
DNS_RESOLVERS = env.names("DNS_RESOLVERS")
GIVE_UP_AFTER = timedelta(days=env.number("GIVE_UP_AFTER_DAYS", default=5, least=1))

# --- mailbox: demo --------------------------------------------------------

# Where the demo's three gateways listen on the loopback.
DEMO_GATEWAY_PORTS = env.ports("DEMO_GATEWAY_PORTS", "8025,8026,8027")

# --- Logging --------------------------------------------------------------

LOG_FORMAT = env.text("LOG_FORMAT", "line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}.")
# Who may see the figures at /metrics; empty: whoever asks from this machine itself.
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "govmail_portal.logs.json_lines.LineFormatter"},
        "json": {"()": "govmail_portal.logs.json_lines.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # It prints every address and reply it speaks; ours says what operators need.
        "mail.log": {"level": "ERROR"},
        "aiosmtpd": {"level": "ERROR"},
        "django.db.backends": {"level": "INFO"},
        # A line for a task that is done is enough.
        "celery.worker.strategy": {"level": "WARNING"},
        # At DEBUG they print what they send.
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
