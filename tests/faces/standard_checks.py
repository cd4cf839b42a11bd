"""The checks that Airbyte's CDK has for every source, run by a pytest beside it."""

from airbyte_cdk.test.standard_tests import SourceTestSuiteBase

from tap_freshsales_users.airbyte import SourceFreshsalesUsers


class TestSource(SourceTestSuiteBase):  # type: ignore[misc]
    connector = SourceFreshsalesUsers
