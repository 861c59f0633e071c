#!/usr/bin/env bash
# What a careful engineer does without an installer, with the same parts: copy and check everything, unpack, import the
# images, kubeadm init and join, helm, and look whether it works. One control plane.
#
#   by_hand.sh TRUNK FIRST OTHER...      TRUNK is what packed.py has packed; TRUNK/log tells what happened
set -euo pipefail
trunk=$1 first=$2
shift 2
others=("$@")
exec >"$trunk/log" 2>&1

# on HOST SCRIPT ARG...: run a script there as root.
on() {
  local host=$1 script=$2
  shift 2
  ssh -F "$trunk/ssh_config" "$host" "sudo -S -p '' sh -euc $(printf '%q ' "$script" by-hand "$@")" <"$trunk/password"
}

prepare() {
  local host=$1
  ssh -F "$trunk/ssh_config" "$host" 'mkdir -p trunk'
  scp -q -F "$trunk/ssh_config" "$trunk/images.tar" "$trunk/proxy.tar" "$trunk/$host.tar" "$trunk/SHA256SUMS" "$host:trunk/"
  ssh -F "$trunk/ssh_config" "$host" 'cd trunk && sha256sum --check --quiet --ignore-missing SHA256SUMS'
  on "$host" '
    cd ~engineer/trunk
    tar --extract --file "$1.tar" --directory / --no-same-owner --keep-directory-symlink
    sysctl --quiet --system >/dev/null 2>&1
    systemctl daemon-reload
    systemctl --quiet enable containerd kubelet
    systemctl start containerd
    ctr --namespace k8s.io images import images.tar
    ctr --namespace sitewright images import proxy.tar
    rm images.tar
    systemctl --quiet enable --now api-proxy' "$host"
}

join() {
  on "$1" '
    sed -i "s/TOKEN/$1/; s/HASH/$2/" /etc/by-hand/join.yaml
    kubeadm join --config /etc/by-hand/join.yaml' "$2" "$3"
}

for host in "$first" "${others[@]}"; do prepare "$host" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done

on "$first" 'kubeadm init --config /etc/by-hand/init.yaml --skip-token-print'
line=$(on "$first" 'kubeadm token create --ttl 20m --print-join-command --kubeconfig /etc/kubernetes/admin.conf')
token=$(sed 's/.*--token \([^ ]*\).*/\1/' <<<"$line")
hash=$(sed 's/.*--discovery-token-ca-cert-hash \([^ ]*\).*/\1/' <<<"$line")
pids=()
for host in "${others[@]}"; do join "$host" "$token" "$hash" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done

# shellcheck disable=SC2016  # expanded on the host
on "$first" '
  export KUBECONFIG=/etc/kubernetes/admin.conf
  cd /etc/by-hand
  nodes=$1
  release() {
    helm upgrade --install "$1" "charts/$1.tgz" --namespace "$2" --create-namespace --values "values/$1.yaml" \
      --wait --timeout 300s
  }
  release flannel kube-flannel
  kubectl wait --for condition=Ready node --all --timeout 120s
  approved=0
  while [ "$approved" -lt "$nodes" ]; do
    for request in $(kubectl get csr --output name); do kubectl certificate approve "$request"; done
    approved=$(kubectl get csr | grep -c "kubelet-serving.*Approved,Issued" || true)
    sleep 1
  done
  release local-path-provisioner local-path-storage
  release metrics-server kube-system
  release cert-manager cert-manager
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj /CN=by-hand \
    -keyout authority.key -out authority.crt
  kubectl create secret tls site-intermediate --namespace cert-manager --cert authority.crt --key authority.key
  kubectl apply --filename authority.yaml
  kubectl wait --for condition=Ready clusterissuer/site-ca --timeout 120s
  release shop shop
  kubectl wait --for condition=Ready certificate/shop --namespace shop --timeout 120s
  until kubectl top nodes; do sleep 1; done' "$((1 + ${#others[@]}))"

# shellcheck disable=SC2016
on "$first" '
  for _ in $(seq 60); do
    curl --silent --show-error --insecure --max-time 5 --resolve "$1:30443:127.0.0.1" "https://$1:30443/api/health" |
      grep -q ok && exit 0
    sleep 1
  done
  exit 1' "$(cat "$trunk/shop")"
