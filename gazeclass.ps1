# Everything from a fresh Windows machine with Python 3.11 or newer:
#   .\gazeclass.ps1 demo [--headless]   makes the environment, installs, runs the sample lesson
#   .\gazeclass.ps1 test [ARGS]         the same with the test tools, then the tests
#   .\gazeclass.ps1 COMMAND ...         any other gazeclass command
$ErrorActionPreference = "Stop"
$here = $PSScriptRoot
$venv = if ($env:GAZECLASS_VENV) { $env:GAZECLASS_VENV } else { Join-Path $here ".venv" }
$python = Join-Path $venv "Scripts\python.exe"
if (-not (Test-Path $python)) {
    $launcher = if (Get-Command py -ErrorAction SilentlyContinue) { @("py", "-3") } else { @("python") }
    $rest = @($launcher | Select-Object -Skip 1)
    & $launcher[0] @rest -c "import sys; sys.exit(sys.version_info < (3, 11))"
    if ($LASTEXITCODE -ne 0) { Write-Error "gazeclass: needs Python 3.11 or newer"; exit 1 }
    & $launcher[0] @rest -m venv $venv
}
function Install-Gazeclass($name, $extras) {
    $stamp = Join-Path $venv ".gazeclass-$name"
    $files = (Join-Path $here "pyproject.toml"), (Join-Path $here "constraints.txt")
    $wanted = ($files | ForEach-Object { (Get-FileHash $_).Hash }) -join " "
    if (-not (Test-Path $stamp) -or (Get-Content $stamp -Raw).Trim() -ne $wanted) {
        Write-Host "gazeclass: installing (once, a few minutes) ..."
        & $python -m pip install --quiet --disable-pip-version-check -c (Join-Path $here "constraints.txt") -e "$here$extras"
        if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
        Set-Content $stamp $wanted
    }
}
$command, $arguments = $args
if ($command -eq "test") {
    Install-Gazeclass "test" "[test,train,simulation]"
    & $python -m pytest -n auto --dist loadgroup @arguments
} else {
    Install-Gazeclass "run" ""
    & $python -m gazeclass @args
}
exit $LASTEXITCODE
