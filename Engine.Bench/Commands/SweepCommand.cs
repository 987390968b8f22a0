using System.CommandLine;
using System.Text;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Sweeps;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine sweep: many runs that differ in some settings, here or on a cluster.</summary>
public static class SweepCommand
{
    // More curves than that nobody tells apart.
    private const int MostCurves = 8;

    /// <summary>Where jobs run.</summary>
    internal enum Launcher
    {
        Local,
        Slurm,
        Print,
    }

    /// <summary>What is looked for.</summary>
    internal enum Best
    {
        Most,
        Least,
    }

    /// <summary>Makes the command, with those that look at what has come of it.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "sweep",
            "Run a command with every combination of some settings and seeds, each in a folder of its own: here, on a cluster by Slurm, or "
                + "as a list of commands for anything else.")
        {
            Examples =
            {
                ("engine sweep discounts.yaml --parallel 4", "four at a time on this machine"),
                ("engine sweep discounts.yaml --resume", "go on after an interruption, or with more jobs"),
                ("engine sweep discounts.yaml --launcher slurm --sbatch partition=gpu,time=4:00:00", "as a job array"),
                ("engine sweep discounts.yaml --launcher print > jobs.sh", "as commands, one a line"),
                ("engine sweep status runs/discounts", "how far it has come"),
                ("engine sweep collect runs/discounts", "one table, one figure, and what is best"),
            },
        };
        var file = new Argument<string>("FILE") { Description = "What to try, as YAML or JSON; see docs/sweeps.md." };
        var to = Options.Of<string?>("--out", "The folder to write to; where it is not given, runs/ and the name of the file.", null);
        to.HelpName = "DIR";
        var launcher = Options.Of("--launcher", "Where jobs run.", Launcher.Local);
        var parallel = Options.Number(
            "--parallel", "How many jobs run at the same time; 0 for one here, and for as many as there is room for on a cluster.", 0, 0);
        var sbatch = Options.Many(
            "--sbatch", "More options for sbatch, without their hyphens, such as partition=gpu,time=4:00:00.", Array.Empty<string>());
        sbatch.HelpName = "NAME=VALUE,...";
        var resume = Options.Switch("--resume", "Go on with jobs that are not complete; begin if there are none.");
        var quiet = Options.Switch("--quiet", "Show no progress.");
        command.Add(file);
        foreach (var option in (Option[])[to, launcher, parallel, sbatch, resume, quiet])
            command.Add(option);
        command.Add(Status());
        command.Add(Collect());
        command.SetAction((parsed, cancel) =>
        {
            string path = parsed.GetValue(file)!;
            var sweep = SweepFile.Read(path);
            var folder = new SweepFolder(parsed.GetValue(to) ?? RunFolder.Default(Path.GetFileNameWithoutExtension(path)));
            Check(path, sweep, folder);
            if (parsed.GetValue(launcher) == Launcher.Slurm)
                SlurmLauncher.RequireHere();
            folder.Write(sweep, parsed.GetValue(resume) ? RunMode.Resume : RunMode.New);
            SweepJob[] jobs = [.. sweep.Jobs.Where(job => folder.StateOf(job) is not (JobState.Done or JobState.Running))];
            var output = parsed.InvocationConfiguration.Output;
            switch (parsed.GetValue(launcher))
            {
                case Launcher.Print:
                    foreach (var job in jobs)
                    {
                        string[] words = [.. EngineProcess.Self, .. folder.CommandOf(sweep, job)];
                        output.WriteLine(string.Join(' ', words.Select(SlurmLauncher.Quoted)));
                    }

                    return Task.FromResult(ExitCodes.Ok);
                case Launcher.Slurm when jobs.Length > 0:
                    string[] more = [.. parsed.GetValue(sbatch)!.Select(option => "--" + option)];
                    var (count, arrays) = new SlurmLauncher(sweep, folder).Submit(jobs, parsed.GetValue(parallel), more);
                    output.WriteLine(Invariant($"Submitted {count} of {sweep.Jobs.Count} jobs")
                        + (count == 0 ? ": the others are in the queue; " : $" as array {string.Join(", ", arrays)}; ")
                        + $"'engine sweep status {folder.Location}' says how far they have come.");
                    return Task.FromResult(ExitCodes.Ok);
                default:
                    return Task.FromResult(RunHere(parsed, sweep, folder, jobs, parsed.GetValue(parallel), parsed.GetValue(quiet), cancel));
            }
        });
        return command;
    }

    private static BenchCommand Status()
    {
        var command = new BenchCommand("status", "How far the jobs of a sweep have come.")
        {
            Examples = { ("engine sweep status runs/discounts", "by variant") },
        };
        var from = new Argument<string>("DIR") { Description = "The folder of the sweep." };
        command.Add(from);
        command.SetAction(parsed =>
        {
            var folder = new SweepFolder(parsed.GetValue(from)!);
            var sweep = folder.Read();
            var states = sweep.Variants.Select(variant => (variant.Key, Of: variant.Select(folder.StateOf).ToArray())).ToArray();
            parsed.Console().WriteTable(
                ["Variant", .. Enum.GetNames<JobState>().Reverse().Select(name => ">" + name)],
                states.Select(variant => (string[])[variant.Key, .. Counts(variant.Of)]),
                "Jobs; stopped ones go on, and waiting ones begin, when the sweep is started again with --resume.");
            return ExitCodes.Ok;

            static IEnumerable<string> Counts(JobState[] states)
                => Enum.GetValues<JobState>().Reverse().Select(state => Invariant($"{states.Count(each => each == state)}"));
        });
        return command;
    }

    private static BenchCommand Collect()
    {
        var command = new BenchCommand(
            "collect",
            "One table and one figure of what the jobs of a sweep have measured so far, best first, with 95% bootstrap intervals.")
        {
            Examples =
            {
                ("engine sweep collect runs/discounts", "by the return at the end"),
                ("engine sweep collect runs/mrp --y value_mse --best least", "by another column, of which less is better"),
            },
        };
        var from = new Argument<string>("DIR") { Description = "The folder of the sweep." };
        var y = Options.Of("--y", "The column to compare by.", "return_mean");
        var x = Options.Of<string?>("--x", "The column to draw along, as in 'engine plot'.", null);
        (y.HelpName, x.HelpName) = ("NAME", "NAME");
        var best = Options.Of("--best", "What is best: the most or the least.", Best.Most);
        var points = Options.Number("--points", "The most points of a curve, each a mean over as many rows: fewer are smoother.", 100, 1);
        command.Add(from);
        foreach (var option in (Option[])[y, x, best, points])
            command.Add(option);
        command.SetAction(parsed =>
        {
            var folder = new SweepFolder(parsed.GetValue(from)!);
            var sweep = folder.Read();
            string column = parsed.GetValue(y)!;
            int sign = parsed.GetValue(best) == Best.Most ? -1 : 1;
            Collected[] variants =
            [
                .. Collected.Of(sweep, folder, parsed.GetValue(x), column, parsed.GetValue(points))
                    .OrderBy(variant => double.IsNaN(variant.Curve.Final.Iqm))
                    .ThenBy(variant => sign * variant.Curve.Final.Iqm),
            ];
            if (variants.Length == 0)
                throw new UserError($"{folder.Location} has no rows of metrics yet.");
            Write(parsed, sweep, folder, variants, column);
            return ExitCodes.Ok;
        });
        return command;
    }

    // Whatever is wrong with any of them is told before anything is written.
    private static void Check(string path, Sweep sweep, SweepFolder folder)
    {
        string settings = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.json");
        try
        {
            foreach (var job in sweep.Jobs.DistinctBy(job => job.Variant))
            {
                File.WriteAllText(settings, job.Config().ToJsonString());
                using var error = new StringWriter();
                string[] line = [sweep.Command, "--config", settings, "--out", folder.RunOf(job), "--dry-run"];
                if (Program.Run(line, TextWriter.Null, error) != ExitCodes.Ok)
                    throw new UserError($"{Printable.Value(path)}, {job.Variant}: {error.ToString().Trim().Replace($"{settings}: ", "")}");
            }
        }
        finally
        {
            File.Delete(settings);
        }
    }

    private static int RunHere(
        ParseResult parsed, Sweep sweep, SweepFolder folder, SweepJob[] jobs, int parallel, bool isQuiet, CancellationToken cancel)
    {
        IReadOnlyList<(SweepJob Job, string Why)> failed;
        try
        {
            using var progress = Progress.Start(parsed, isQuiet);
            failed = new LocalLauncher(sweep, folder, Math.Max(1, parallel)).Run(jobs, progress, cancel);
        }
        catch (OperationCanceledException)
        {
            throw new Interrupted(
                $"Interrupted; jobs in {folder.Location} have written their checkpoints: the same command with --resume goes on.");
        }

        foreach (var (job, why) in failed)
            parsed.InvocationConfiguration.Error.WriteLine(Printable.Line($"{job.Name} failed: {why}"));
        var states = sweep.Jobs.Select(folder.StateOf).ToLookup(state => state);
        int done = states[JobState.Done].Count(), elsewhere = states[JobState.Running].Count();
        string others = elsewhere > 0 ? Invariant($", {elsewhere} run in other processes") : "";
        parsed.InvocationConfiguration.Output.WriteLine(
            Invariant($"{done} of {sweep.Jobs.Count} jobs are complete{others}; 'engine sweep collect {folder.Location}' ")
            + "puts them together.");
        return failed.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static void Write(ParseResult parsed, Sweep sweep, SweepFolder folder, Collected[] variants, string y)
    {
        const string Name = "collected";
        string At(string extension) => Path.Combine(folder.Location, Name + extension);
        UserFile.Write(At(".csv"), "DIR", Encoding.UTF8.GetBytes(Collected.ToCsv(sweep, variants)));
        UserFile.Write(At(".json"), "DIR", Encoding.UTF8.GetBytes(Json.Write(new
        {
            column = y,
            variants = variants.Select(variant => new { variant.Variant, until = variant.Curve.X[^1], final = variant.Curve.Final }),
        })));
        parsed.Console().WriteTable(
            [.. sweep.Varied.Count > 0 ? sweep.Varied : ["Variant"], ">Until", ">Seeds", ">Mean", ">Interquartile mean"],
            variants.Select(variant => (string[])[
                .. sweep.Varied.Count > 0 ? variant.Differs : [variant.Variant],
                ShortNumber.Text(variant.Curve.X[^1]),
                Invariant($"{variant.Curve.Final.Seeds}"),
                Tables.WithInterval(variant.Curve.Final.Mean, variant.Curve.Final.MeanInterval),
                Tables.WithInterval(variant.Curve.Final.Iqm, variant.Curve.Final.IqmInterval)]),
            $"{y}: of each seed the mean over the last tenth of the rows; in brackets: the 95% bootstrap interval over seeds. Best first.");
        string shown = variants.Length > MostCurves ? Invariant($"The best {MostCurves} of {variants.Length} variants") : "All variants";
        var figure = new Figure(shown)
        {
            Caption = "interquartile means over seeds; bands: 95% bootstrap intervals",
            Panels = [new Panel(y, variants[0].X, y) { Series = [.. variants.Take(MostCurves).Select(variant => variant.Series())] }],
            PlotWidth = 528,
            PlotHeight = 300,
        };
        bool isDrawn = FigureFiles.Try($"{Name}.svg and {Name}.png", parsed.InvocationConfiguration.Error, () =>
        {
            UserFile.Write(At(".svg"), "DIR", Encoding.UTF8.GetBytes(figure.ToSvg()));
            UserFile.Write(At(".png"), "DIR", figure.ToPng());
        });
        parsed.InvocationConfiguration.Output.WriteLine(
            $"Written to {folder.Location}: {Name}.csv, {Name}.json{(isDrawn ? $", {Name}.svg, {Name}.png" : "")}.");
    }
}
