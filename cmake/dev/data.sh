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

# dataset PACKAGE PATH: puts the file PATH (below / of the package) into build/data and prints where it is.
dataset() {
  local package=$1 path=$2 target work
  target=build/data/$(basename "$path")
  if [ ! -e "$target" ]; then
    work=build/data/.$package
    unpacked "$package" "$work"
    cp "$work/$path" "$target.part" && mv "$target.part" "$target"
    rm -rf "$work"
  fi
  echo "$target"
}

# The RAND health insurance experiment: 20,190 rows, 10 columns.
randhie() { dataset python3-statsmodels usr/lib/python3/dist-packages/statsmodels/datasets/randhie/randhie.csv; }

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
