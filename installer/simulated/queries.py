"""What preflight asks of a simulated host's disks, addresses, ports and clock."""

from __future__ import annotations

import json
from collections.abc import Mapping

from installer.hosts.unit_facts import FOLDERS, QUESTION
from installer.layout import API_PORT
from installer.ports import Output
from installer.simulated.ports import listeners
from installer.simulated.state import Call, Program, failed, said

OPERATOR = "192.0.2.10:50022"
"""Address from which the installer itself is logged in."""
LOG_SERVER = "192.0.2.20:514"
"""Where each host's own log forwarder, the customer's, sends to."""


def ip(call: Call) -> Output:
    """`ip -json address`, and `ip -json route show table all`."""
    if call.argv[1:] == ("-json", "route", "show", "table", "all"):
        default = [{"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"}] if call.host.machine.default_route else []
        return said(json.dumps(default))
    if call.argv[1:] != ("-json", "address"):
        raise call.unscripted()
    own = {"lo": ["127.0.0.1", "::1"], "eth0": [call.host.machine.address]}
    links = [{"ifname": name, "addr_info": [{"local": address} for address in own.get(name, ())]}
             for name in call.tree.names("/sys/class/net")]  # fmt: skip
    return said(json.dumps(links))


def grep(call: Call) -> Output:
    """What systemd is told beside its units, as `installer.hosts.unit_facts` asks for it."""
    if call.argv != QUESTION:
        raise call.unscripted()
    rows = []
    for path in call.tree:
        if path.endswith((".conf", ".swap")) and path.startswith(tuple(f"{folder}/" for folder in FOLDERS)):
            lines = call.tree.text(path).splitlines()
            rows += [f"{path}:{n}:{line}" for n, line in enumerate(lines, 1) if line.strip()[:1] not in ("", "#", ";")]
    return said(*rows)


def df(call: Call) -> Output:
    """`df -B1 --output=file,size,avail,target,fstype PATH...`."""
    if call.argv[1:3] != ("-B1", "--output=file,size,avail,target,fstype"):
        raise call.unscripted()
    lines = ["File 1B-blocks Avail Mounted on Type"]
    for path in call.argv[3:]:
        if path in call.tree:
            volumes = [v for v in call.host.machine.volumes if f"{path}/".startswith(f"{v.mount.rstrip('/')}/")]
            volume = max(volumes, key=lambda v: len(v.mount))
            lines.append(f"{path} {volume.size} {volume.free} {volume.mount} {volume.kind}")
    return Output(0 if len(lines) > len(call.argv[3:]) else 1, "".join(f"{line}\n" for line in lines), "")


def du(call: Call) -> Output:
    """`du -sxB1 PATH...`: what the files of each place hold."""
    if call.argv[1] != "-sxB1":
        raise call.unscripted()
    entries, lines = call.tree.snapshot(), []
    for path in call.argv[2:]:
        if path in call.tree:
            sizes = [entry.state().size for at, entry in entries.items() if f"{at}/".startswith(f"{path}/")]
            lines.append(f"{sum(sizes)}\t{path}\n")
    return Output(0 if len(lines) == len(call.argv[2:]) else 1, "".join(lines), "")


def ss(call: Call) -> Output:
    """`ss -H -ltunp`, and the open connections that the probe of outside looks at."""
    if call.argv[1:] == ("-H", "-ltunp"):
        return said(
            *(
                f"{user.protocol} LISTEN 0 128 0.0.0.0:{user.port} 0.0.0.0:*"
                + (f' users:(("{user.program}",pid=1,fd=3))' if user.program else "")
                for user in listeners(call.site, call.host)
            )
        )
    if call.argv[1:7] != ("--no-header", "--tcp", "--udp", "--numeric", "--processes", "state"):
        raise call.unscripted()
    address = call.host.machine.address
    own = [f'tcp ESTAB 0 0 {address}:22 {OPERATOR} users:(("sshd",pid=60,fd=4))',
           f'udp ESTAB 0 0 {address}:40000 {LOG_SERVER} users:(("rsyslogd",pid=61,fd=7))']  # fmt: skip
    cluster = call.site.cluster_of(call.host.name)
    planes = [call.site.hosts[name].machine.address for name in (cluster.planes if cluster else ())]
    own += [f'tcp ESTAB 0 0 {address}:41000 {plane}:{API_PORT} users:(("kubelet",pid=62,fd=9))' for plane in planes]
    return said(*own)


def conntrack(call: Call) -> Output:
    """`conntrack --dump`: what pods ask for, and somebody who looks at a service."""
    if call.argv[1:] != ("--dump",):
        raise call.unscripted()
    cluster = call.site.cluster_of(call.host.name)
    pods = [thing["status"]["podIP"] for thing in (cluster.objects.values() if cluster else ())
            if thing.get("spec", {}).get("nodeName") == call.host.name and "podIP" in thing["status"]]  # fmt: skip
    flows = [(OPERATOR, f"{call.host.machine.address}:30443"), (f"{call.host.machine.address}:50000", LOG_SERVER)]
    flows += [(f"{pod}:43000", peer) for pod in pods for peer in call.host.machine.talks_to]
    return said(*(_flow(*(end.split(":") for end in flow)) for flow in flows))


def _flow(source: list[str], peer: list[str]) -> str:
    return (f"tcp      6 117 SYN_SENT src={source[0]} dst={peer[0]} sport={source[1]} dport={peer[1]} [UNREPLIED] "
            f"src={peer[0]} dst={source[0]} sport={peer[1]} dport={source[1]} mark=0 use=1")  # fmt: skip


def getent(call: Call) -> Output:
    """`getent ahostsv4 NAME`: every host finds its own name, and any address."""
    if call.argv[1] != "ahostsv4" or len(call.argv) != 3:
        raise call.unscripted()
    name, own = call.argv[2], call.host.machine.hostname or call.host.name
    found = "127.0.1.1" if name == own else name if name.replace(".", "").isdigit() else ""
    return said(f"{found} STREAM {name}") if found else failed("", 2)


def timedatectl(call: Call) -> Output:
    """`timedatectl show`."""
    if call.argv[1:] != ("show",):
        raise call.unscripted()
    return said("Timezone=Etc/UTC", f"NTPSynchronized={'yes' if call.host.machine.clock_synchronised else 'no'}")


PROGRAMS: Mapping[str, Program] = {
    "conntrack": conntrack,
    "df": df,
    "du": du,
    "getent": getent,
    "ip": ip,
    "ss": ss,
    "timedatectl": timedatectl,
}
