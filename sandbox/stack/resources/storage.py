"""AWS::SSM::Parameter, AWS::SecretsManager::Secret, AWS::S3::*."""

from __future__ import annotations

import hashlib

from sandbox.stack.api import call
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates


@creates("AWS::SSM::Parameter", "Name Type Value Description Tier AllowedPattern Tags")
def parameter(resource: Resource) -> Created:
    """Create a parameter."""
    name = resource.name("Name", 1011)
    params = resource.only("Type", "Value", "Description", "Tier", "AllowedPattern")
    call(resource, "ssm", "PutParameter", params | {"Name": name, "Tags": resource.tags()})
    return Created(name, {"Type": params["Type"], "Value": params["Value"]})


@creates(
    "AWS::SecretsManager::Secret",
    "Name Description SecretString GenerateSecretString KmsKeyId Tags",
)
def secret(resource: Resource) -> Created:
    """Create a secret; a generated one is the same in every run."""
    name = resource.name("Name", 512)
    params = resource.only("Description", "SecretString", "KmsKeyId")
    generated = resource.properties.get("GenerateSecretString")
    if generated is not None:
        if set(generated) - {"PasswordLength", "ExcludePunctuation", "ExcludeCharacters"}:
            raise resource.unsupported("GenerateSecretString with a template")
        digest = hashlib.sha512(name.encode()).hexdigest()
        params["SecretString"] = digest[: int(generated.get("PasswordLength", 32))]
    answer = call(
        resource, "secretsmanager", "CreateSecret", params | {"Name": name, "Tags": resource.tags()}
    )
    return Created(answer["ARN"], {"Id": answer["ARN"]})


@creates(
    "AWS::S3::Bucket",
    "BucketName BucketEncryption PublicAccessBlockConfiguration LifecycleConfiguration "
    "VersioningConfiguration OwnershipControls Tags",
)
def bucket(resource: Resource) -> Created:
    """Create a bucket; encryption, lifecycle and access settings have no effect here."""
    name = resource.name("BucketName", 63).lower()
    location = {"LocationConstraint": resource.into.region}
    call(resource, "s3", "CreateBucket", {"Bucket": name, "CreateBucketConfiguration": location})
    attributes = {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{resource.into.region}.amazonaws.com",
    }
    return Created(name, attributes)


@creates("AWS::S3::BucketPolicy", "Bucket PolicyDocument")
def bucket_policy(resource: Resource) -> Created:
    """Name the policy of a bucket; only what callers may do is enforced here, so nobody stores it.

    moto would: it enforces denials whatever their conditions say.
    """
    return Created(f"{resource.properties['Bucket']}-policy")
