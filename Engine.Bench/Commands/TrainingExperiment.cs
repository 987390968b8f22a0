using System.CommandLine;
using System.Diagnostics;
using Engine.Bench.Figures;
using Engine.Bench.Input;
using Engine.Bench.Logging;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>What commands that train agents have in common: from the settings to the files and the table.</summary>
internal static class TrainingExperiment
{
    private const string Summary = "summary.json";
    private const string Picture = "figure3";

    /// <summary>Trains agents and writes what came of it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="common">The options of every command.</param>
    /// <param name="options">The options of training.</param>
    /// <param name="config">The settings.</param>
    /// <param name="runsOf">The agents that settings ask for.</param>
    /// <param name="print">Prints the table.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <param name="begin">What agents begin with; null if they have learned nothing.</param>
    public static int Run<T>(
        ParseResult parsed,
        CommonOptions common,
        TrainingOptions options,
        RunConfig<T> config,
        Func<T, IReadOnlyList<AgentRun>> runsOf,
        Action<TrainingReport> print,
        CancellationToken cancel,
        Func<AgentRun, ExperimentSnapshot>? begin = null)
        where T : LearningSettings, new()
    {
        if (common.PrintsOnly(parsed, config))
            return ExitCodes.Ok;
        var runs = runsOf(config.Settings);
        int parallel = Math.Min(options.Parallel(parsed), runs.Count);
        int threads = config.Threads == 0 ? Environment.ProcessorCount : config.Threads;
        using var device = CommonOptions.OpenDevice(config);
        CommonOptions.RequireMemory(device, config.Settings.LeastMemory, "envs * rollout * grid");
        using var folder = common.OpenGroup(parsed, [.. RunLogs.Files, Summary, .. FigureFiles.Names(Picture)]);
        if (config.Settings.Memory is null or LoopMemory.Auto)
        {
            // A run goes on as it began: its numbers depend on that, if only on their rounding.
            var memory = folder.Before<T>() is { } before
                ? before.Settings.Memory
                : InnerMemory.Choose(runs, device, threads, parallel, parsed.InvocationConfiguration.Output);
            config = config with { Settings = (T)((LearningSettings)config.Settings with { Memory = memory }) };
            runs = runsOf(config.Settings);
        }

        var grown = folder.RequireSettings(config);
        using var training = new AgentRuns(runs, folder.Location, common.Mode(parsed), common.Formats(parsed), begin)
        {
            CheckFinite = parsed.GetValue(common.CheckFinite),
        };
        folder.WriteSettings(config);
        ExperimentRun.Print(parsed, grown);
        if (training.BegunAnew.Count > 0)
        {
            parsed.InvocationConfiguration.Output.WriteLine(
                $"Without a checkpoint of theirs, these agents begin anew: {string.Join(", ", training.BegunAnew)}.");
        }

        if (config.Settings.Anneal && grown.Any(setting => setting.Name == "frames"))
        {
            parsed.InvocationConfiguration.Output.WriteLine(
                "The step size now falls to 0 over all frames: it goes on higher than it ended.");
        }

        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<(AgentRun Run, TrainingResult Result)> results;
        try
        {
            using var progress = common.StartProgress(parsed);
            results = training.Train(device, threads, parallel, progress, cancel);
        }
        catch (OperationCanceledException)
        {
            throw Interrupted.In(folder);
        }
        catch (OutOfMemoryException e) when (InnerMemory.IsPlain(runs))
        {
            throw InnerMemory.Advised(e);
        }

        var report = new TrainingReport(results);
        using (var metrics = folder.Metrics(RunFolder.Table, ["method", "seed", "update", .. Columns<TrainingRow>.Names]))
        {
            foreach (var row in results.SelectMany(result => result.Result.Rows))
                metrics.AppendRow([row.Method, row.Seed, row.Iteration, .. RunLogs.NumberCells(row)]);
        }

        folder.WriteJson(Summary, new
        {
            frames = config.Settings.Frames,
            methods = report.Summary,
            agents = results.Select(result => new
            {
                result.Run.Method,
                result.Run.Seed,
                finalReturn = TrainingReport.FinalReturn(result.Run, result.Result),
                result.Result.Deviations,
            }),
        });
        print(report);
        FigureFiles.Write(folder, Picture, Draw(report, config.Settings), parsed.InvocationConfiguration.Error);
        common.ShowFigures(parsed, folder, FigureFiles.Names(Picture));
        ExperimentRun.PrintWritten(
            parsed, folder, began, [RunFolder.Table, Summary, .. FigureFiles.Names(Picture)], " and a folder for each agent");
        Complain(parsed, results);
        return ExitCodes.Ok;
    }

    /// <summary>What is learned, for people.</summary>
    public static string Described(LearningSettings settings)
    {
        var kind = EnvironmentKind.Named(settings.Env);
        string name = char.ToUpperInvariant(kind.Name[0]) + kind.Name[1..];
        return (settings.Grid ?? kind.Grid) is { } grid ? $"{name} on {grid}" : name;
    }

    private static void Complain(ParseResult parsed, IReadOnlyList<(AgentRun Run, TrainingResult Result)> results)
    {
        int loss = Columns<TrainingRow>.Of("inner_loss");
        foreach (var (run, result) in results)
        {
            if (result.Rows.FirstOrDefault(row => !double.IsFinite(row.Values[loss])) is { } odd)
            {
                parsed.InvocationConfiguration.Error.WriteLine(
                    Invariant($"Agent {run.Name} has diverged: its loss is not finite from update {odd.Iteration} on."));
            }
        }
    }

    private static Figure Draw(TrainingReport report, LearningSettings settings)
    {
        return new Figure($"Learning {Described(settings)}")
        {
            Caption = Figure.OverSeeds(report.Seeds),
            Columns = 3,
            Panels =
            [
                .. new[]
                {
                    Panel("Return", "return of episodes", "return_mean"),
                    Panel("Discount", "gamma", "gamma"),
                    Panel("Lambda", "lambda", "lambda"),
                    Panel("Weight of the critic", "c_crit", "c_crit"),
                    Panel("Weight of the entropy", "c_entr", "c_entr"),
                    Panel("Entropy of the policy", "entropy", "entropy"),
                }.Where((panel, i) => i == 0 || panel.Series.Any(Moves)),
            ],
        };

        // What was not learned tells nothing.
        static bool Moves(Series series) => series.Y.Any(value => value != series.Y[0]);

        Panel Panel(string title, string label, string column) => new(title, "frames", label)
        {
            Series =
            [
                .. report.Methods.Select(method =>
                {
                    var curve = report.Along(method, column);
                    double[] frames = [.. curve.Iterations.Select(update => (double)update * settings.FramesPerUpdate)];
                    return Series.Around(method == "0" ? "fixed" : method, frames, curve.Means(), curve.Deviations());
                }),
            ],
        };
    }
}
