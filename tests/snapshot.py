"""Everything on a host that an installer may touch, so that before and after can be compared line by line.

But for settings that all practice hosts of a machine share with its kernel: sites of other tests change them meanwhile.
That these go back is seen on simulated hosts, each of which has its own.
"""

from __future__ import annotations

from practice import Practice

from installer.rehearsal import hosts

SCRIPT = r"""
set -u
export LC_ALL=C
section() { sed "s|^|$1: |"; }
# Listing all settings mounts this one; it is to be there each time.
ls /proc/sys/fs/binfmt_misc >/dev/null
# What lives by the minute is left out: the journal, clocks of timers, who logged in, and what boot makes anew.
skip='^/(proc|sys|dev|run|tmp)(/|$)|^/var/log/journal/|^/var/lib/systemd/(timers|random-seed)|^/var/tmp/systemd-private'
logins='^/var/log/(btmp|faillog|lastlog|wtmp)$'
find / /var -xdev ! -type s -printf '%y %m %U:%G %p -> %l\n' 2>/dev/null \
  | awk -v skip="$skip" '$4 !~ skip' | sort -u | section entry
find / /var -xdev -type f -printf '%p\n' 2>/dev/null | grep -Ev "$skip|$logins" | sort -u \
  | tr '\n' '\0' | xargs -0 openssl dgst -sha256 -r | section content
# Credentials of systemd's own units are mounted while such a unit starts, and gone a moment later.
# Guards of locks stay until the next boot: whoever holds one cannot remove it safely.
find /run /tmp -xdev -mindepth 1 -maxdepth 2 ! -path '/run/systemd*' ! -path '/run/user*' ! -path '/run/sudo*' \
  ! -path '/tmp/systemd-private*' ! -path '/run/log*' ! -path '/run/motd.dynamic' ! -path '/run/credentials*' \
  ! -path '/run/xtables.lock' ! -path '/run/sitewright.lock.guard' -printf '%y %m %U:%G %p\n' | sort | section run
systemctl list-unit-files --no-legend --no-pager | awk '{ print $1, $2 }' | sort | section installed
# systemd-timedated answers who asks for the time, and leaves by itself half a minute later.
systemctl list-units --all --plain --no-legend --no-pager --type=service,socket,timer,mount,path \
  | awk '$2 != "not-found" && $1 !~ /^(user|user-runtime-dir)@/ && $1 !~ /^run-(user|credentials)/ \
      && $1 !~ /^systemd-(tmpfiles|timedated)/ { print $1, $2, $3, $4 }' | sort | section unit
findmnt --raw --noheadings --output TARGET,SOURCE,FSTYPE | grep -v '^/run/\(user\|credentials\)' | sort | section mount
ip -o link | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/ qlen [0-9]*//' | sort | section link
ip -o address | sed 's/^[0-9]*: //; s/valid_lft.*//' | sort | section address
ip route | sort | section route
ip rule | sort | section rule
# Listing rules makes the tables they would be in; an empty table that accepts everything is no rule.
iptables-save 2>/dev/null | grep -v '^[#*C]\|^:[A-Z]* ACCEPT' | sed 's/\[[0-9:]*\]//' | section iptables
ip6tables-save 2>/dev/null | grep -v '^[#*C]\|^:[A-Z]* ACCEPT' | sed 's/\[[0-9:]*\]//' | section ip6tables
nft list ruleset 2>/dev/null | grep -v '^#\|^table ip6\? [a-z]* {\|chain [A-Z]* {\|policy accept\|^\s*}*$' \
  | sed 's/counter packets [0-9]* bytes [0-9]*//' | section nft
# All but what counts, draws lots, or belongs to an interface, which is compared as one.
sysctl -a 2>/dev/null | grep -Ev '^fs\.(binfmt_misc\.|(aio|dentry|file|inode)-(nr|state)|quota\.)' \
  | grep -Ev '^kernel\.(ns_last_pid|pty\.nr|random\.)|nf_conntrack_count|\.(cni0|flannel|veth)' \
  | grep -Ev '^(kernel\.(keys|panic)|vm\.(overcommit_memory|panic_on_oom)|net\.netfilter\.nf_conntrack_max)' \
  | sort | section sysctl
find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -name 'kube*' | sort | section cgroup
# Sessions come and go; what was started by init and stays has a command line.
ps -eo ppid=,args= | awk '$1 == 1 { $1 = ""; print }' | grep -v 'sshd:\|(sd-pam)\|systemd --user\|systemd-timedated' \
  | sort | section process
"""


def take(practice: Practice) -> dict[str, set[str]]:
    """The state of each host of a site."""
    return {host.name: set(hosts.console(practice.site, host.name, "sh", "-c", SCRIPT).splitlines())
            for host in practice.site.hosts}  # fmt: skip


def differences(before: dict[str, set[str]], after: dict[str, set[str]]) -> list[str]:
    """What went ("-") and what came ("+") on each host."""
    found = []
    for host, lines in before.items():
        found += [f"{host} - {line}" for line in sorted(lines - after[host])]
        found += [f"{host} + {line}" for line in sorted(after[host] - lines)]
    return found
