"""Words by which people mark hosts in groups, role columns and names: control plane, worker, stage of work."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

CONTROL = frozenset(
    {"control", "controlplane", "controller", "controllers", "controlplanes", "master", "masters", "cp",
     "控制", "控制面", "控制平面", "控制节点", "主节点", "管理节点", "控制節點", "主節點", "管理節點", "マスター"}
)  # fmt: skip
WORKER = frozenset(
    {"worker", "workers", "node", "nodes", "agent", "agents", "compute", "minion", "minions",
     "工作", "工作节点", "计算节点", "从节点", "节点", "工作節點", "計算節點", "節點", "ワーカー", "ノード"}
)  # fmt: skip
APART = frozenset(
    {"bastion", "bastions", "jump", "jumphost", "jumpserver", "nfs", "harbor", "registry", "registries", "lb",
     "loadbalancer", "loadbalancers", "haproxy", "keepalived", "nginx", "proxy", "vip", "db", "database", "mysql",
     "postgres", "storage", "ntp", "dns", "dhcp", "deployer", "deploy",
     "堡垒机", "跳板机", "负载均衡", "数据库", "镜像仓库", "虚拟", "部署机", "資料庫", "負載平衡",
     "ロードバランサ", "データベース"}
)  # fmt: skip
"""What is no node of a cluster, but stands beside one."""
STAGES = (
    frozenset({"prod", "production", "prd", "live", "生产", "生产环境"}),
    frozenset({"prerelease", "preprod", "preproduction", "pre", "staging", "stage", "stg", "uat", "预发", "预发布",
               "预生产"}),
    frozenset({"test", "testing", "tst", "qa", "sit", "测试", "测试环境"}),
    frozenset({"dev", "devel", "development", "开发", "开发环境"}),
)  # fmt: skip
"""Words that mean the same stage."""
_JOINED = (("control", "plane"), ("control", "planes"), ("pre", "release"), ("pre", "production"), ("pre", "prod"))
_WORD = re.compile(r"[^\W\d_]+")
_NUMBERED = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Hint:
    """What somebody's words say of a host: True for a control plane, False for a worker, None where they do not say."""

    control: bool | None = None
    environment: str = ""


def words(text: str) -> frozenset[str]:
    """The words in a group or name, in lower case; what is written apart ("control-plane") counts joined as well."""
    found = _WORD.findall(text.casefold())
    pairs = set(pairwise(found))
    joined = {pair for pair in _JOINED if pair in pairs}
    single = set(found) - {part for pair in joined for part in pair}
    return frozenset(single | {"".join(pair) for pair in joined})


def marks(word: str) -> bool:
    """Whether a word says what a host is for, and nothing else."""
    return bool(words(word)) and words(word) <= CONTROL.union(WORKER, *STAGES) and not any(map(str.isdigit, word))


def stands_apart(text: str) -> bool:
    """Whether all that is said of a host is that it is no node: a load balancer, a bastion, a database."""
    said = words(text)
    return bool(said & APART) and not said & (CONTROL | WORKER)


def hint(text: str, environments: Iterable[str]) -> Hint:
    """What the words of a group or name say; a host that is marked as both is a control plane (as kubespray's are)."""
    said = words(text)
    control = True if said & CONTROL else False if said & WORKER else None
    known = list(environments)
    parts = {part.strip().casefold() for part in re.split(r"[,\s/]+", text)}
    exact = [name for name in known if name.casefold() in parts]
    within = [name for name in known if _numbered(name) <= _numbered(text)]
    within.sort(key=lambda name: -len(_numbered(name)))
    apart = [name for name in known if [words(each) for each in known].count(words(name)) == 1]
    alike = [name for name in apart if words(name) and (words(name) <= said or _same_stage(words(name), said))]
    return Hint(control, next(iter(exact + within + alike), ""))


def _numbered(text: str) -> frozenset[str]:
    """The words with the numbers in them: prod2 is another environment than prod1."""
    return frozenset(_NUMBERED.findall(text.casefold()))


def _same_stage(one: frozenset[str], other: frozenset[str]) -> bool:
    return any(one & stage and other & stage for stage in STAGES)
