"""What the console shows for "Get documentation": the answer to ``{"describe": true}``."""

DOCUMENTATION = """\
## ECS fleet

Every ECS service of this account and Region, trouble first: running and desired tasks, the share of
tasks on Fargate Spot, what messages in its queues wait against its SLO, the deployment in progress, and
who took the tasks that Spot interrupted in the last 24 hours out of rotation. Below: batch jobs and
their last runs.

### Example parameters

``` yaml
cluster: prod*
service: web-*
only: trouble
```

| parameter | default | meaning |
|---|---|---|
| cluster | `*` | clusters to show, a name or a glob |
| service | `*` | services and jobs to show, a name or a glob |
| only | everything | `trouble` shows what needs a look |

Let it update on refresh and on resize: columns that do not fit are left out.
"""
