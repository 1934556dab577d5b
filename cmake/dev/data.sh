# SPDX-License-Identifier: Apache-2.0
# Real tables and photographs for demos and benchmarks, out of Debian packages that are unpacked and not installed.

# unpacked PACKAGE FOLDER: makes the folder anew with what the package would install.
unpacked() {
  local package=$1 folder=$2
  rm -rf "$folder"
  mkdir -p "$folder"
  (
    cd "$folder"
    download() { apt-get -qq -o APT::Sandbox::User=root download "$package" </dev/null; }
    download 2>/dev/null || { as_root apt-get update -qq </dev/null && download; }
    dpkg-deb -x ./*.deb .
  ) >&2 || die "cannot get package $package"
}

# Tables that statsmodels brings, by name; all are fetched at once.
statsmodels_tables=(co2 macrodata randhie)

# table NAME: prints where the table is, in build/data.
table() {
  local name work=build/data/.python3-statsmodels
  if [ ! -e "build/data/$1.csv" ]; then
    unpacked python3-statsmodels "$work"
    for name in "${statsmodels_tables[@]}"; do
      cp "$work/usr/lib/python3/dist-packages/statsmodels/datasets/$name/$name.csv" "build/data/$name.csv.part" &&
        mv "build/data/$name.csv.part" "build/data/$name.csv"
    done
    rm -rf "$work"
  fi
  echo "build/data/$1.csv"
}

# 27 photographs and drawings of 0.1 to 2 MB, JPEG and PNG in three folders: the backgrounds of MATE without the three
# of its elephants that are larger.
photographs() {
  local target=build/data/photographs work=build/data/.mate-backgrounds
  if [ ! -e "$target" ]; then
    unpacked mate-backgrounds "$work"
    rm "$work"/usr/share/backgrounds/mate/abstract/Elephants*
    mv "$work/usr/share/backgrounds/mate" "$target"
    rm -rf "$work"
  fi
  echo "$target"
}
