"""The words that readers may not know, each in one sentence."""

from __future__ import annotations

from installer.report.catalogue import Words


def terms(_: Words) -> tuple[tuple[str, str], ...]:
    """Term and meaning, in the alphabet's order where there is one."""
    found = (
        (_("Backup"), _("a copy kept elsewhere, from which lost data is restored")),
        (_("Bastion"), _("the one machine through which administrators enter; it records what they do")),
        (_("Certificate"), _("a proof of identity that lets a browser trust a server and talk to it in secret")),
        (_("Cluster"), _("machines that act as one")),
        (_("Control plane"), _("the machines that decide what runs where")),
        (_("Core"), _("one processor of those in a machine; the measure of how much it can reckon at once")),
        (_("Delivery (bundle)"), _("one signed file with every program of the platform")),
        (_("Digest"), _("a fingerprint of a file: change one letter and it is another")),
        (_("DNS"), _("the directory that turns names into addresses")),
        (_("Environment"), _("a platform of its own: one to work with, others to try changes first")),
        (_("Firewall"), _("what lets connections through a network or not")),
        (_("GiB"), _("a measure of memory and disks: 2^30, about a thousand million, characters")),
        (_("Host"), _("a machine, real or virtual")),
        (_("IOPS"), _("how many times a second a disk reads or writes")),
        (_("Kubernetes"), _("the program that runs other programs on many machines and restarts what fails")),
        (_("Log"), _("what programs write down about what they do")),
        (_("Metric"), _("something measured over time, such as load or free memory")),
        (_("Node"), _("a machine of a cluster")),
        (_("NTP"), _("the way machines agree on the time")),
        (_("Port"), _("the number of a door of a machine, one for each service")),
        (_("Registry"), _("the store in the building from which machines fetch programs")),
        (_("SSH"), _("the secured connection over which the engineer works")),
        (_("sudo"), _("the right to act as administrator, command by command")),
        (_("Worker"), _("a machine that runs your product")),
    )
    return found if _.language != "en" else tuple(sorted(found, key=lambda entry: entry[0].lower()))
