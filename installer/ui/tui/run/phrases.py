"""What steps and checks say, in the wizard's language: their own words are English, for the command line and logs.

A text is held against the messages that it may have been made from; what it names stays as it is.
"""

from __future__ import annotations

import re

from installer.ui.tui import phrases
from installer.ui.tui.words import Say

VERSION = re.compile(r"v?\d[\w.+-]*")

TITLES = (
    "undo: {step}", "install {part}", "approve the node's serving certificate", "fill the registry",
    "fill the registry from the first", "issue the registry's certificate", "join as control plane", "join as worker",
    "load kernel modules", "make our directories and sign them", "make the registry's CA", "record what stands here",
    "set kernel settings", "spread the cluster's DNS over the hosts", "start the control plane", "start the registry",
    "trust the registry", "verify the bundle's signature", "wait until the node is ready",
)  # fmt: skip
"""Titles of steps, without the version that may follow."""

FINDINGS = (
    "{mount} has {size} free", "{size} there at the peak ({parts}, reserve {reserve})",
    "free {size}, or mount a larger disk on {mount}", "{place} is mounted read-only", "a writable one",
    "{mount} is mounted noexec, and programs lie in {place}", "mount -o remount,exec {mount}, and in /etc/fstab",
    "1 of 100 synchronous writes takes {time} ms or longer", "{time} ms at most, or etcd loses its leader under load",
    "put {place} on an SSD of its own", "{place} takes {speed} MB/s",
    "take a faster disk: installing takes long, and so does every pod", "upgrade the operating system",
    "start the kernel with {setting}", "cgroup v2 with cpu, memory and pids",
    "install the kernel's modules package ({names})", "overlay file systems, bridges, vxlan, connection tracking",
    "sysctl -w {setting}, and keep it in /etc/sysctl.d", "SELinux enforcing; the bundle brings no policy of its own",
    "setenforce 0 and SELINUX=permissive in {file}",
    "root may not raise limits (no CAP_SYS_RESOURCE): the host is a container", "a machine",
    "{bundle} stands on {hosts}; this bundle is another one: {other}",
    "{bundle} stands on {hosts}; this bundle is another build of the same version: {digest}, not {former}",
    "{bundle} stands on {hosts}; this bundle is a different version: {other}",
    "{bundle} stands on {hosts}; this bundle is an older one: {other}",
    "{bundle} stands on {hosts}; this bundle is several minor versions of Kubernetes ahead: {other}",
    "{bundle} stands on {hosts}; this bundle is a newer one: {other}", "the bundle that stands on {hosts}",
    "the record on {hosts} has format {number}; this sitewright reads up to {known}", "a record that can be read",
    "{component} writes {place}: {reason}", "components that keep to their own places",
    "install with the bundle that stands; going to another is `upgrade`, which this version does not have yet",
    "install with the bundle that stands; Kubernetes goes up by one minor version at a time",
    "install with the bundle that stands; to go back behind the last run: sitewright rollback",
    "install with the bundle that stands, or take the site away first: sitewright uninstall",
    "install with the very file that stands, or build the other one under a version of its own",
    "use the sitewright that installed what stands, or a newer one", "agree to it, or take a bundle without it",
    "{names}, which releases are tried on",
    "take a machine or a virtual machine", "{system}, which no release was tried on", "rehearse it first",
    "a machine of architecture {name}", "{name}, as the bundle", "take the bundle for {name}, or another machine",
    "{count} core(s)", "{count} or more on a control plane", "give the machine more cores", "{size} of memory",
    "{size} or more on a worker", "give the machine more memory", "host name {name}, which {other} has as well",
    "host name {name}", "a name of its own", "no /etc/machine-id", "one of its own",
    "rm /etc/machine-id; systemd-machine-id-setup; then restart the host",
    "the machine-id of {name}: one was cloned from the other", "no interface with {address} (it has {others})",
    "the address that other hosts reach", "correct the address in {place}; addresses behind translation do not do",
    "the tools that Kubernetes calls on hosts", "install {packages} there", "no systemd",
    "a host of {site}, {environment}, or of nobody", "the host belongs to {owner}",
    "uninstall that site first; if nobody can any more, clear the host and remove {file}",
    "left-overs of an earlier cluster: {names}", "none",
    "kubeadm reset --force there and remove the rest (looked at: {count} places), or take a fresh host",
    "{names} already running", "none: the bundle brings its own",
    "systemctl disable --now {names}, and remove what they left", "{size} of swap in use",
    "none: kubelet does not start beside it", "swapoff --all, and take the swap lines out of /etc/fstab",
    "a probe could not be made: {reason}", "disks, links and ports that can be tried",
    "mend what it says, and check again", "{time} s ahead of this machine", "{time} s behind this machine",
    "{time} s at most; certificates would not be valid yet", "{time} s or more apart from {name}",
    "{time} s at most", "start chrony with {servers} there ({place})",
    "start {servers} there ({place})", "no time service keeps the clock",
    "chrony or systemd-timesyncd, synchronised", "start chrony there with the customer's time servers",
    "start {servers} there", "the host does not find {name}, by which nodes reach the API",
    "its address on every host",
    "put it into the hosts' name service or /etc/hosts, or correct {place}",
    "the host does not find its own name {name} within seconds", "an address for it",
    "add it to /etc/hosts there: {line}",
    "no default route; addresses of services cannot be reached without one", "one, even to nowhere",
    "{command}, and keep it in the network's configuration", "{name} is running",
    "every port of sitewright check --ports, and the pod network, let pass",
    "systemctl disable --now {name}, or allow them in it", "{port} is in use by {program}", "it free, for {purpose}",
    "stop {program} there, or take another host",
    "nothing could listen here, so a refusal counted as reached and UDP was not tried",
    "systemd-socket-activate, and the ports free",
    "test the ports to this host by hand: sitewright check --ports", "{host} cannot reach {target} ({reason})",
    "refused", "no answer, so a firewall is likely", "no route",
    "allow {port} from {host} to {target}; all ports needed: sitewright check --ports",
    "{speed} MB/s from this machine", "run the installer nearer to the hosts", "{value} or newer", "{value} or more",
    "no {names}",
)  # fmt: skip
"""Messages of installer.preflight; the first that fits is taken, so the vaguest stand last."""


def title(say: Say, text: str) -> str:
    """A step's title; a version at its end stays there."""
    name, _, version = text.rpartition(" ")
    if name and VERSION.fullmatch(version):
        return f"{title(say, name)} {version}"
    undone = text.removeprefix("undo: ")
    if undone != text:
        return say("undo: {step}", step=title(say, undone))
    return phrases.told(say, text, TITLES)


def finding(say: Say, text: str) -> str:
    """What a check found or wants, or what to do."""
    return phrases.told(say, text, FINDINGS)
