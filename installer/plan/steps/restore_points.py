"""Restore points of a cluster's store: taken on each control plane before an upgrade, and proved by being used.

A copy that nobody has opened is a hope. So each one is restored into a folder of its own, a server is started over it
that nobody else can reach, and what it tells is counted against what the cluster had at that very revision.
"""

from __future__ import annotations

from installer.answers.model import Environment
from installer.bundle.manifest import Manifest
from installer.layout import HOME
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.plan.model import Difference, Differences, Step
from installer.plan.steps.before_images import captures, take_back
from installer.plan.steps.commands import demand_work
from installer.plan.steps.hosts import step_id
from installer.ports import ReadOnly, World

PLACE = f"{HOME}/restore"
"""Below it a folder for each bundle that a host was upgraded to, with what its store was before."""
SERVER = f"{HOME}/bin/etcd"
"""The server of the bundle's `etcd-tools`, which is only ever started over copies."""

TAKE = """set -eu
folder=$1 server=$2 pki=/etc/kubernetes/pki/etcd part=$1.part
member() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/healthcheck-client.crt" \\
    --key "$pki/healthcheck-client.key" "$@"
}
trial() { etcdctl --endpoints http://127.0.0.1:23790 --dial-timeout 1s --command-timeout 5s "$@"; }
counted() { sed -n 's/^"Count" : \\([0-9]*\\)$/\\1/p'; }
rm -rf "$part" "$folder"
(umask 077; mkdir -p "$part")
needed=$((3 * $(du -sxB1 /var/lib/etcd | cut -f 1)))
free=$(df -B1 --output=avail "$part" | tail -n 1)
if [ "$free" -lt "$needed" ]; then
  echo "a restore point needs $needed bytes on $(df --output=target "$part" | tail -n 1), and $free are free" >&2
  exit 1
fi
member snapshot save "$part/etcd.db" >/dev/null 2>&1 || member snapshot save "$part/etcd.db"
revision=$(etcdutl snapshot status "$part/etcd.db" --write-out json | sed -n 's/.*"revision":\\([0-9]*\\).*/\\1/p')
there=$(member get '' --prefix --rev "$revision" --count-only --write-out fields | counted)
etcdutl snapshot restore "$part/etcd.db" --data-dir "$part/trial" >"$part/restore.log" 2>&1 \\
  || { tail -n 5 "$part/restore.log" >&2; exit 1; }
"$server" --data-dir "$part/trial" --listen-client-urls http://127.0.0.1:23790 --log-level error \\
  --advertise-client-urls http://127.0.0.1:23790 --listen-peer-urls http://127.0.0.1:23800 >"$part/trial.log" 2>&1 &
started=$!
trap 'kill "$started" 2>/dev/null || true' EXIT
tries=0
until trial endpoint health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 60 ] || ! kill -0 "$started" 2>/dev/null; then tail -n 5 "$part/trial.log" >&2; exit 1; fi
  sleep 1
done
restored=$(trial get '' --prefix --count-only --write-out fields | counted)
kill "$started"
wait "$started" || true
if [ -z "$there" ] || [ "$restored" != "$there" ]; then
  echo "restored for a trial it has ${restored:-no} keys, and the store has ${there:-none} at revision $revision" >&2
  exit 1
fi
rm -rf "$part/trial" "$part/trial.log" "$part/restore.log"
digest=$(sha256sum <"$part/etcd.db" | cut -d ' ' -f 1)
printf '{"keys": %s, "revision": %s, "sha256": "%s"}\\n' "$restored" "$revision" "$digest" >"$part/proved.json"
sync "$part/etcd.db" "$part/proved.json"
mv "$part" "$folder"
echo "$restored keys at revision $revision"
"""
"""Run on a control plane: copy its member's data into a folder, and put that in place once a trial has proved it."""


def folder(manifest: Manifest) -> str:
    """Where a host keeps its restore point from before an upgrade to a bundle."""
    return f"{PLACE}/{manifest.name}-{manifest.version}"


def take(inputs: Planned, environment: Environment, host: str, after: tuple[str, ...]) -> Step:
    """The step by which a control plane keeps and proves a copy of the cluster's store."""
    place = folder(inputs.manifest)
    proof = f"{place}/proved.json"

    def differs(world: ReadOnly) -> Differences:
        there = world.stat(host, proof) != (None,)
        return () if there else (Difference(proof, Message("a restore point that was tried"), Message("nothing")),)

    def apply(world: World) -> None:
        unit = f"sitewright-restore-point-{inputs.manifest.digest[7:15]}"
        demand_work(world, host, unit, "/bin/sh", "-c", TAKE, "take", place, SERVER, timeout=900)

    return Step(
        id=step_id(environment, "kubernetes.restore-point", host),
        title=Message("take a restore point and prove it"), phase="restore points", host=host,
        environment=environment.name, after=after, differs=differs, apply=apply, capture=captures(host, (), (place,)),
        undo=lambda world, image: take_back(world, host, image), weight=15,
    )  # fmt: skip
