using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class SweepCommandTests : IDisposable
{
    private const string Settings
        = "env: snake, grid: 4, step-limit: 9, envs: 2, rollout: 3, frames: 48, log-every: 3, threads: 1, points: 0";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    // A job is the run that anyone would start by hand.
    [Fact]
    public void JobsAreOrdinaryRuns()
    {
        File.WriteAllText(At("s.yaml"), $"settings: {{{Settings}}}\ngrid:\n  method: [0, 2-mix]\n  gamma: [0.9, 9.9e-1]\nseeds: 2\n");
        Assert.StartsWith("8 of 8 jobs are complete", Run($"sweep {At("s.yaml")} --parallel 3 --quiet --out {At("a")}"));
        Assert.Equal(8, Directory.GetDirectories(At("a/jobs")).Length);
        TrainedFolder.Run("train --grid 4 --step-limit 9 --envs 2 --rollout 3 --frames 48 --log-every 3 --threads 1 --points 0 "
            + $"--method 2-mix --gamma 0.99 --seed 1 --out {At("one")}");
        TrainedFolder.AssertSame(At("one"), At("a/jobs/method=2-mix,gamma=9.9e-1,seed=1"));

        AssertMistake($"sweep collect {At("a")} --x gamma", "twice (method=");
        string printed = Run($"sweep collect {At("a")} --y entropy --best least");
        string[][] table = [.. File.ReadAllLines(At("a/collected.csv")).Select(line => line.Split(','))];
        Assert.Equal(["variant", "method", "gamma", "seeds", "until"], table[0][..5]);
        Assert.Equal(4, table.Length - 1);
        double[] order = [.. JsonNode.Parse(File.ReadAllText(At("a/collected.json")))!["variants"]!.AsArray()
            .Select(variant => (double)variant!["final"]!["iqm"]!)];
        Assert.Equal(order.Order(), order);
        Assert.Contains("| 2-mix  | 9.9e-1 |", printed);
        Assert.All((string[])[".svg", ".png"], extension => Assert.True(File.Exists(At($"a/collected{extension}"))));
        Assert.Contains("| method=0,gamma=0.9        |    2 |       0 |       0 |       0 |", Run($"sweep status {At("a")}"));
    }

    [Fact]
    public void ASweepGoesOnAndGrows()
    {
        // Every job is begun or not when the first one reports.
        string list = $$"""
            {"settings": {{{Json(Settings)}}}, "list": [{"method": "0"}, {"method": 2, "gamma": "0.9"}], "seeds": 2}
            """;
        File.WriteAllText(At("s.json"), list);
        using var cancel = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new CancellingWriter(cancel);
        int code = Program.Run(["sweep", At("s.json"), "--out", At("a")], output, error, cancel.Token);
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Contains("have written their checkpoints: the same command with --resume goes on.", error.ToString());
        Assert.StartsWith("4 of 4 jobs are complete", Run($"sweep {At("s.json")} --resume --quiet --out {At("a")}"));

        // More seeds and longer runs.
        File.WriteAllText(At("s.json"), list.Replace("\"seeds\": 2", "\"seeds\": 3").Replace("48", "72"));
        Assert.Contains("|    0 |       0 |       2 |       1 |", Waiting());
        Assert.StartsWith("6 of 6 jobs are complete", Run($"sweep {At("s.json")} --resume --quiet --out {At("a")}"));
        TrainedFolder.Run("train --grid 4 --step-limit 9 --envs 2 --rollout 3 --frames 72 --log-every 3 --threads 1 --points 0 "
            + $"--method 2 --gamma 0.9 --seed 2 --out {At("one")}");
        TrainedFolder.AssertSame(At("one"), At("a/jobs/method=2,gamma=0.9,seed=2"));
        Run($"sweep collect {At("a")}");
        Assert.Contains("method=0,0,none,3,72,", File.ReadAllText(At("a/collected.csv")));

        // Less is refused, and nothing is touched.
        File.WriteAllText(At("s.json"), list);
        string plan = File.ReadAllText(At("a/sweep.json"));
        AssertMistake($"sweep {At("s.json")} --resume --out {At("a")}", "method=0,seed=2 was there before and is not now");
        Assert.Equal(plan, File.ReadAllText(At("a/sweep.json")));

        string Waiting()
        {
            Run($"sweep {At("s.json")} --resume --launcher print --out {At("a")}");
            return Run($"sweep status {At("a")}");
        }
    }

    // A terminal sends it to all its processes: the sweep, which stops its jobs, and these.
    [Fact]
    public void CtrlCInATerminalLosesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid"), "There is no setsid here.");
        string settings = Settings.Replace("frames: 48", "frames: 1G");
        File.WriteAllText(At("s.yaml"), $"settings: {{{settings}}}\ngrid: {{method: [0, 2]}}");
        string program = Path.ChangeExtension(typeof(Program).Assembly.Location, "dll");
        // Whoever runs the tests may ignore the signal.
        string[] words = ["env", "--default-signal=INT", "dotnet", program, "sweep", At("s.yaml"), "--parallel", "2", "--out", At("a")];
        using var sweep = Process.Start(new ProcessStartInfo("/usr/bin/setsid", words) { RedirectStandardError = true })!;
        string[] agents = [At("a/jobs/method=0,seed=0"), At("a/jobs/method=2,seed=0")];
        try
        {
            while (!sweep.HasExited && !agents.All(HasRows))
                Thread.Sleep(10);
            using (var kill = Process.Start("sh", ["-c", FormattableString.Invariant($"kill -INT -{sweep.Id}")]))
                kill.WaitForExit();
            Assert.True(sweep.WaitForExit(TimeSpan.FromMinutes(2)));
        }
        finally
        {
            sweep.Kill(entireProcessTree: true);
        }

        Assert.Equal(ExitCodes.Interrupted, sweep.ExitCode);
        Assert.Contains("have written their checkpoints: the same command with --resume goes on.", sweep.StandardError.ReadToEnd());
        foreach (string agent in agents)
        {
            string checkpoint = Directory.GetFiles(agent, RunFolder.Checkpoint, SearchOption.AllDirectories).Single();
            Assert.InRange(AgentFolder.Load(checkpoint).Snapshot.Iteration, 3, int.MaxValue);
            Assert.Empty(Directory.GetFiles(agent, "*.lock", SearchOption.AllDirectories));
        }

        static bool HasRows(string folder)
            => Directory.Exists(folder)
                && Directory.GetFiles(folder, "metrics.csv", SearchOption.AllDirectories).Any(file => File.ReadAllLines(file).Length > 1);
    }

    [Fact]
    public void CommandsArePrintedForAnythingElse()
    {
        File.WriteAllText(At("s.yml"), $"settings: {{{Settings}}}\ngrid: {{learn: [gamma, \"gamma,lambda\"]}}");
        string[] lines = Run($"sweep {At("s.yml")} --launcher print --out {At("it's")}").TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("'\\''", lines[0]);
        Assert.EndsWith("/jobs/learn=gamma-lambda,seed=0' --resume", lines[1].TrimEnd());
        Assert.False(Directory.Exists(At("it's/jobs/learn=gamma,seed=0")));
    }

    [Fact]
    public void ATableIsASweepToo()
    {
        string settings = Settings.Replace("points: 0", "points: 2, replicates: 2");
        File.WriteAllText(At("t.yaml"), $"command: table1\nsettings: {{{settings}}}\ngrid: {{methods: [0, 1]}}");
        Run($"sweep {At("t.yaml")} --quiet --out {At("a")}");
        Run($"sweep collect {At("a")}");
        Assert.Contains("methods=1,1,1,48,", File.ReadAllText(At("a/collected.csv")));
    }

    // What fails does not stop the others.
    [Fact]
    public void JobsThatFailAreNamed()
    {
        File.WriteAllText(At("s.yaml"), $"settings: {{{Settings}}}\ngrid: {{method: [0, 1]}}");
        Directory.CreateDirectory(At("a"));
        Run($"sweep {At("s.yaml")} --launcher print --out {At("a")}");
        File.WriteAllText(At("a/jobs/method=0,seed=0"), "in the way");
        var (code, output, error) = TrainedFolder.Try($"sweep {At("s.yaml")} --resume --quiet --out {At("a")}");
        Assert.Equal(ExitCodes.Failed, code);
        Assert.StartsWith("1 of 2 jobs are complete", output);
        Assert.StartsWith("method=0,seed=0 failed: ", error);
        Assert.Contains("this is a file; name a folder", error);
    }

    [Theory]
    [InlineData("grid: {[gamma]: [0.9]}", "a name is a list or an object: put it in quotation marks")]
    [InlineData("settings: {gamma: 2}", "all: gamma is 2, but must be between 0 and 1, both excluded.")]
    [InlineData("grid: {method: [0, 1-mox]}", "method=1-mox: Method '1-mox' is unknown")]
    [InlineData("grid: {gama: [0.9]}", "gama=0.9: unknown setting 'gama' (did you mean 'gamma'?)")]
    [InlineData("grid: {gamma: 0.9}", "grid.gamma must be a list of values.")]
    [InlineData("grid: {gamma: [0.9, 0.9]}", "gamma=0.9,seed=0 is there twice")]
    [InlineData("gird: {gamma: [0.9]}", "unknown name 'gird' (did you mean 'grid'?)")]
    [InlineData("settings: {seeds: 3}", "seeds stands beside settings, not in it: each seed is a job.")]
    [InlineData("list: {gamma: 0.9}", "list must be a list of settings")]
    [InlineData("list: [0.9]", "list[0] must be an object of names and values.")]
    [InlineData("{list: [{gamma: 0.9}], grid: {gamma: [0.8]}}", "'gamma' is both in grid and in list.")]
    [InlineData("seeds: 0", "seeds is 0, but must be a whole number from 1 to 10000.")]
    [InlineData("command: play", "command is 'play', but must be one of train, table1, mrp, bias-variance.")]
    [InlineData("[1, 2]", "this is no object of names and values.")]
    [InlineData("a: [", "no valid YAML at line ")]
    [InlineData("", "this is no object of names and values.")]
    [InlineData("grid: &a {b: [*a]}", "this has more than 100,000 values, or more than 32 within each other.")]
    [InlineData("a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "this has more than 32 values within each other.")]
    [InlineData("!!!1!.+!", "no valid YAML: Global tags must be valid URIs.")]
    [InlineData("? [a, b] : c", "a name is a list or an object: put it in quotation marks")]
    [InlineData("grid: {gamma: [0.9], gamma: [0.95]}", "no valid YAML at line ")]
    [InlineData("{grid: {gamma: [0.1, 0.2, 0.3]}, seeds: 5000}", "these are 15,000 jobs, but must be at most 10,000: vary less at once.")]
    public void MistakesAreNamed(string file, string expected)
    {
        File.WriteAllText(At("s.yaml"), file);
        AssertMistake($"sweep {At("s.yaml")} --out {At("a")}", expected);
        Assert.False(Directory.Exists(At("a")));
    }

    // A billion values by aliases of aliases.
    [Fact]
    public void AliasesDoNotMultiply()
    {
        var file = new StringBuilder("a: &a [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n");
        for (char name = 'b'; name < 'k'; name++)
            file.Append($"{name}: &{name} [{string.Join(", ", Enumerable.Repeat($"*{(char)(name - 1)}", 10))}]\n");
        File.WriteAllText(At("s.yaml"), file.ToString());
        AssertMistake($"sweep {At("s.yaml")} --out {At("a")}", "this has more than 100,000 values");
    }

    [Fact]
    public void FoldersThatDoNotFitAreRefused()
    {
        File.WriteAllText(At("s.yaml"), $"settings: {{{Settings}}}");
        Directory.CreateDirectory(At("a"));
        File.WriteAllText(At("a/mine.txt"), "mine");
        AssertMistake($"sweep {At("s.yaml")} --out {At("a")}", "is not empty: give --resume to go on, or another folder");
        AssertMistake($"sweep {At("s.yaml")} --resume --out {At("a")}", "has no sweep.json, and so no sweep");
        AssertMistake($"sweep status {At("a")}", "has no sweep.json: name the folder of a sweep.");
        AssertMistake($"sweep collect {At("b")}", "has no sweep.json: name the folder of a sweep.");
        string jobs = "{\"command\": \"train\", \"varied\": [], \"jobs\": [null]}";
        foreach (string plan in (string[])["{}", "null", "[", "{\"command\": null}", jobs])
        {
            File.WriteAllText(At("a/sweep.json"), plan);
            AssertMistake($"sweep status {At("a")}", "sweep.json can't be read: ");
        }

        AssertMistake("sweep", "sweep needs FILE: What to try");
        AssertMistake("sweep status", "status needs DIR: The folder of the sweep. See 'engine sweep status --help'.");
        AssertMistake("sweep nothing.yaml", "'nothing.yaml': there is no such file.");
    }

    [Fact]
    public void SettingsArePrintedAndNothingIsDone()
    {
        var (code, output, error) = TrainedFolder.Try($"train --method 5 --frames 5M --dry-run --out {At("a")}");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(5_000_000, (int)JsonNode.Parse(output)!["frames"]!);
        Assert.False(Directory.Exists(At("a")));
        AssertMistake($"mrp --look-ahead -1 --dry-run --out {At("a")}", "the number of inner steps is -1");
    }

    private static void AssertMistake(string line, string expected)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(expected, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static string Run(string line)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        return output;
    }

    // The same settings as JSON.
    private static string Json(string settings)
        => string.Join(", ", settings.Split(", ").Select(entry => entry.Split(": ")).Select(entry => $"\"{entry[0]}\": \"{entry[1]}\""));

    private string At(string name) => _temporary.At(name);

    // Cancels at the first line.
    private sealed class CancellingWriter(CancellationTokenSource cancel) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            cancel.Cancel();
        }
    }
}
