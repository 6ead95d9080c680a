# git.sh URL: a repository cloned in several ways, changed and pushed.
cd "$HOME" || exit 1
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' GIT_TERMINAL_PROMPT=0
git config --global user.name Ada
git config --global user.email ada@shop.example
told() { echo "$1: $? $(cat)"; }
git ls-remote "$1" 2>&1 | told "ls-remote"
echo "clone: $(git clone -q "$1" whole 2>&1) $(git -C whole log --format=%H | sha256sum)"
echo "shallow: $(git clone -q --depth 3 "$1" shallow 2>&1) $(git -C shallow log --format=%H | wc -l)"
echo "the old protocol: $(git -c protocol.version=0 clone -q "$1" old 2>&1) $(git -C old rev-parse HEAD)"
echo "without blobs: $(git clone -q --filter=blob:none "$1" partial 2>&1) $(git -C partial rev-parse HEAD)"
cd whole || exit 1
git checkout -q -b "suite-$$"
head -c 3000000 /dev/zero | openssl enc -aes-128-ctr -K 00000000000000000000000000000000 -iv 00000000000000000000000000000000 >noise
git add noise
git commit -q -m 'what is new'
echo "push: $(git push -q origin HEAD:refs/heads/new 2>&1) $(git ls-remote origin refs/heads/new)"
echo "fetch: $(git -C ../shallow fetch -q --unshallow 2>&1) $(git -C ../shallow log --format=%H | wc -l)"
echo "push of less: $(git push -q origin :refs/heads/new 2>&1) $(git ls-remote origin refs/heads/new)"
