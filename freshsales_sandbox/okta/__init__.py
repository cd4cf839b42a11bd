"""The identity provider of the same company, played as an Okta tenant."""
