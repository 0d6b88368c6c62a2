import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account


@pytest.fixture
def kms():
    with Account() as account:
        yield account.client("kms")


def make(kms, **changes):
    return kms.create_key(**changes)["KeyMetadata"]["KeyId"]


def test_what_one_symmetric_key_wrote_another_does_not_read(kms):
    first, second = make(kms), make(kms)
    secret = kms.encrypt(KeyId=first, Plaintext=b"secret")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"secret"
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.decrypt(CiphertextBlob=secret, KeyId=second)


def test_keys_that_sign_are_made_anew(kms):
    keys = [make(kms, KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048") for _ in range(2)]
    assert len({kms.get_public_key(KeyId=key)["PublicKey"] for key in keys}) == 2
