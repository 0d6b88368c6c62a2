"""CloudFormation: a template becomes resources in the account."""
