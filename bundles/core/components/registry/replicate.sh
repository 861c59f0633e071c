#!/bin/sh
# Fill this registry from another one over the LAN: replicate DIRECTORY ORIGIN LOCAL CA
# DIRECTORY holds `artifacts` (repository tag manifest-digest blob-digests...) and `curlrc` (the push password).
# One curl asks or carries as much as it can over one connection; only one artifact's blobs are on the disk twice.
set -eu
directory=$1 origin=https://$2/v2 local=http://$3/v2 ca=$4
kind='Accept: application/vnd.oci.image.manifest.v1+json'
work=$directory/work
doing='asking what is here'
trap 'code=$?; [ "$code" = 0 ] || echo "failed while $doing" >&2' EXIT
mkdir -p "$work"

here() { curl --disable --noproxy '*' --silent --show-error --fail-early --config "$directory/curlrc" --config - "$@"; }
there() { # a peer that is silent is given up, and asked again
  curl --disable --noproxy '*' --fail --fail-early --silent --show-error --cacert "$ca" --retry 3 --connect-timeout 5 \
    --speed-limit 1000 --speed-time 30 --config - "$@"
}

# Requests of a curl's configuration: one, and one for each line of standard input, where & stands for the line.
request() { printf 'url = "%s"\noutput = "%s"\n' "$1" "$2"; } # url output
requests() { sed "s|.*|url = \"$1\"\noutput = \"$2\"|"; }

# The artifacts whose tags name another manifest here, or none.
lacking() {
  awk '{print $1 "/manifests/" $2}' "$directory/artifacts" | requests "$local/&" - |
    here --head --header "$kind" >"$work/answers"
  tr -d '\r' <"$work/answers" | awk '
    /^HTTP\// {if (asked++) print held; held = "-"}
    tolower($1) == "docker-content-digest:" {held = $2}
    END {if (asked) print held}' | paste -d' ' - "$directory/artifacts" | awk '$1 != $4'
}

upload() { # repository: the blobs that $work/blobs names
  requests "$local/$1/blobs/uploads/" /dev/null <"$work/blobs" |
    here --fail --request POST --data '' --dump-header "$work/answers"
  tr -d '\r' <"$work/answers" | sed -n 's/^[Ll]ocation: //p' | paste -d' ' - "$work/blobs" |
    while read -r location blob; do
      case $location in /*) location=${local%/v2}$location ;; esac
      case $location in *\?*) location="$location&digest=$blob" ;; *) location="$location?digest=$blob" ;; esac
      request "$location" /dev/null
      printf 'upload-file = "%s"\n' "$work/$blob"
    done | here --fail --header 'Content-Type: application/octet-stream'
}

copy() { # repository tag manifest-digest blob-digests...
  repository=$1 tag=$2 manifest=$3 doing="copying $1:$2 from $origin"
  shift 3
  printf '%s\n' "$@" >"$work/wanted"
  requests "$local/$repository/blobs/&" /dev/null <"$work/wanted" |
    here --head --write-out '%{http_code}\n' >"$work/answers"
  paste -d' ' "$work/answers" "$work/wanted" | sed -n '/^200 /!s/^[0-9]* //p' >"$work/blobs"
  {
    requests "$origin/$repository/blobs/&" "$work/&" <"$work/blobs"
    request "$origin/$repository/manifests/$manifest" "$work/manifest"
  } | there --header "$kind"
  if [ -s "$work/blobs" ]; then upload "$repository"; fi
  request "$local/$repository/manifests/$tag" /dev/null |
    here --fail --request PUT --header "Content-Type: ${kind#Accept: }" --data-binary "@$work/manifest"
  rm -rf "${work:?}"/*
}

lacking >"$directory/lacking"
while read -r _ artifact; do
  # shellcheck disable=SC2086  # an artifact is a line of words
  copy $artifact
done <"$directory/lacking"
