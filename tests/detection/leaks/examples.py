"""A made-up secret for each rule of the program, of the alphabet and length that its service uses."""

import base64
import json
import random
import string
from collections.abc import Mapping
from typing import Final

HEX: Final = "0123456789abcdef"
UPPER: Final = string.ascii_uppercase + string.digits
WORD: Final = string.ascii_letters + string.digits


def chars(alphabet: str, count: int, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=count))


def token(*parts: object) -> str:
    """Return a JSON Web Token with these parts, and a signature."""
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, chars(WORD, 43)))


def pem(kind: str, der: bytes = b"") -> str:
    """Return a key in PEM (RFC 7468)."""
    body = base64.encodebytes(der or bytes.fromhex("3082025c02010002818100") + random.Random(1).randbytes(300)).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"


EXAMPLES: Final[Mapping[str, str]] = {
    "private_key": pem("RSA PRIVATE KEY"),
    "pgp_private_key": pem("PGP PRIVATE KEY BLOCK"),
    "putty_private_key": "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n",
    "age_secret_key": f"AGE-SECRET-KEY-1{chars('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}",
    "jwt": token({"alg": "HS256", "typ": "JWT"}, {"sub": "1234567890"}),
    "aws_access_key_id": f"AKIA{chars(string.ascii_uppercase + '234567', 16)}",
    "aws_secret_access_key": f"aws_secret_access_key = {chars(WORD + '/+', 40)}",
    "google_api_key": f"AIza{chars(WORD, 35)}",
    "google_oauth_secret": f"GOCSPX-{chars(WORD, 28)}",
    "google_oauth_token": f"ya29.{chars(WORD, 160)}",
    "azure_storage_key": f"AccountKey={base64.b64encode(random.Random(1).randbytes(64)).decode()};",
    "azure_client_secret": f'"{chars(WORD, 3)}8Q~{chars(WORD, 34)}"',
    "digitalocean_token": f"dop_v1_{chars(HEX, 64)}",
    "alibaba_access_key_id": f"LTAI{chars(WORD, 20)}",
    "heroku_key": f"HRKU-AA{chars(WORD, 58)}",
    "cloudflare_origin_key": f"v1.0-{chars(HEX, 24)}-{chars(HEX, 146)}",
    "fly_token": f"fo1_{chars(WORD, 43)}",
    "vault_token": f"hvs.{chars(WORD, 95)}",
    "terraform_token": f"{chars(WORD, 14)}.atlasv1.{chars(WORD, 67)}",
    "pulumi_token": f"pul-{chars(HEX, 40)}",
    "doppler_token": f"dp.pt.{chars(WORD, 43)}",
    "databricks_token": f"dapi{chars(HEX, 32)}",
    "planetscale_token": f"pscale_tkn_{chars(WORD, 43)}",
    "supabase_token": f"sbp_{chars(HEX, 40)}",
    "github_token": f"ghp_{chars(WORD, 36)}",
    "gitlab_token": f"glpat-{chars(WORD, 20)}",
    "atlassian_token": f"ATATT3{chars(WORD, 186)}",
    "npm_token": f"npm_{chars(WORD, 36)}",
    "pypi_token": f"pypi-AgEIcHlwaS5vcmc{chars(WORD, 80)}",
    "rubygems_token": f"rubygems_{chars(HEX, 48)}",
    "docker_token": f"dckr_pat_{chars(WORD, 27)}",
    "artifactory_key": f"AKCp{chars(WORD, 69)}",
    "postman_key": f"PMAK-{chars(HEX, 24)}-{chars(HEX, 34)}",
    "grafana_token": f"glsa_{chars(WORD, 32)}_{chars(HEX, 8)}",
    "new_relic_key": f"NRAK-{chars(UPPER, 27)}",
    "dynatrace_token": f"dt0c01.{chars(UPPER, 24)}.{chars(UPPER, 64)}",
    "sentry_token": f"sntryu_{chars(HEX, 64)}",
    "stripe_key": f"sk_live_{chars(WORD, 24)}",
    "stripe_test_key": f"sk_test_{chars(WORD, 24)}",
    "stripe_webhook_secret": f"whsec_{chars(WORD, 32)}",
    "square_token": f"EAAA{chars(WORD, 60)}",
    "shopify_token": f"shpat_{chars(HEX, 32)}",
    "slack_token": f"xoxb-{chars(string.digits, 12)}-{chars(WORD, 24)}",
    "slack_webhook": f"https://hooks.slack.com/services/T{chars(UPPER, 9)}/B{chars(UPPER, 9)}/{chars(WORD, 24)}",
    "discord_webhook": f"https://discord.com/api/webhooks/{chars(string.digits, 18)}/{chars(WORD, 68)}",
    "telegram_bot_token": f"1234567890:AA{chars(WORD, 33)}",
    "sendgrid_key": f"SG.{chars(WORD, 22)}.{chars(WORD, 43)}",
    "mailgun_key": f"mailgun: key-{chars(HEX, 32)}",
    "mailchimp_key": f"MAILCHIMP_KEY={chars(HEX, 32)}-us14",
    "brevo_key": f"xkeysib-{chars(HEX, 64)}-{chars(WORD, 16)}",
    "twilio_key": f'"twilio": "SK{chars(HEX, 32)}"',
    "openai_key": f"sk-proj-{chars(WORD, 40)}T3BlbkFJ{chars(WORD, 40)}",
    "anthropic_key": f"sk-ant-api03-{chars(WORD, 93)}AA",
    "hugging_face_token": f"hf_{chars(string.ascii_letters, 34)}",
    "groq_key": f"gsk_{chars(WORD, 52)}",
    "perplexity_key": f"pplx-{chars(WORD, 48)}",
    "1password_key": "A3-{}-{}-{}-{}-{}".format(
        *(chars(UPPER, size, seed) for seed, size in enumerate((6, 11, 5, 5, 5)))
    ),
    "linear_key": f"lin_api_{chars(WORD, 40)}",
    "notion_token": f"ntn_{chars(string.digits, 11)}{chars(WORD, 35)}",
    "figma_token": f"figd_{chars(WORD, 40)}",
    "facebook_token": f"EAAC{chars(WORD, 150)}",
    "okta_token": f"Authorization: SSWS 00{chars(WORD, 40)}",
    "database_url": "postgresql://shop:9fKq2LmXw7@db.internal:5432/shop",
    "us_ssn": "Social Security Number: 536-90-4399",
}
