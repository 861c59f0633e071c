#!/bin/sh
# Fill this registry from another one over the LAN: replicate DIRECTORY ORIGIN LOCAL CA
# DIRECTORY holds `artifacts` (repository tag manifest-digest blob-digests...) and `curlrc` (the push password).
set -eu
directory=$1 origin=https://$2/v2 local=http://$3/v2 ca=$4
work=$directory/work
mkdir -p "$work"

here() { curl --silent --config "$directory/curlrc" "$@"; }
there() { # a peer that is silent is given up, and asked again
  curl --fail --silent --show-error --cacert "$ca" --retry 3 --connect-timeout 5 --speed-limit 1000 --speed-time 30 "$@"
}

code() { here --output /dev/null --write-out '%{http_code}' "$@"; }

copy_blob() { # repository digest
  [ "$(code --head "$local/$1/blobs/$2")" = 200 ] && return 0
  there --output "$work/blob" "$origin/$1/blobs/$2"
  location=$(here --request POST --data '' --dump-header - --output /dev/null "$local/$1/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $location in /*) location=http://$3$location ;; esac
  case $location in *\?*) location="$location&digest=$2" ;; *) location="$location?digest=$2" ;; esac
  here --fail --show-error --request PUT --header 'Content-Type: application/octet-stream' \
    --upload-file "$work/blob" --output /dev/null "$location"
}

while read -r repository tag manifest blobs; do
  for blob in $blobs; do copy_blob "$repository" "$blob" "$3"; done
  [ "$(code --head --header 'Accept: application/vnd.oci.image.manifest.v1+json' "$local/$repository/manifests/$tag")" = 200 ] &&
    here --head --header 'Accept: application/vnd.oci.image.manifest.v1+json' "$local/$repository/manifests/$tag" |
    grep -qi "^docker-content-digest: $manifest" && continue
  there --header 'Accept: application/vnd.oci.image.manifest.v1+json' --output "$work/manifest" \
    "$origin/$repository/manifests/$manifest"
  here --fail --show-error --request PUT --header 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    --data-binary "@$work/manifest" --output /dev/null "$local/$repository/manifests/$tag"
done <"$directory/artifacts"
rm -rf "$work"
