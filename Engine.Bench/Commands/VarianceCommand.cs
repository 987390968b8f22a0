using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine variance: bias and variance of meta-gradients along the training of an agent on Snake.</summary>
public static class VarianceCommand
{
    private const string Picture = "variance.svg";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var defaults = new SnakeVarianceSettings();
        var command = new BenchCommand(
            "variance", "Mean, deviation, bias and direction of meta-gradients at the points of training that 'engine snake' has kept.")
        {
            Examples =
            {
                ("engine variance runs/snake", "the agent in that folder"),
                ("engine variance runs/five --agent 5-2 --methods 1,3,10,3-mix --out runs/variance-5-2", "one of several"),
                ("engine variance runs/snake --points 5 --replicates 32 --oracle 5 --out runs/quick", "a quick look"),
                ("engine variance runs/snake --resume", "go on after an interruption"),
            },
        };
        var run = new Argument<string>("RUN") { Description = "The folder of an agent, or of the experiment that trained it." };
        command.Add(run);
        var agent = Options.Of<string?>("--agent", "The agent, such as 3-mix-0, where the experiment trained several.", null);
        var methods = Options.Many(
            "--methods", "Methods to judge: n steps as 5, a mix as 5-mix, a trace as trace-5.", [.. defaults.Methods]);
        var points = Options.Of("--points", "Points of training at which they are judged.", defaults.Points);
        var replicates = Options.Of("--replicates", "Meta-gradients of each method at each point.", defaults.Replicates);
        var oracle = Options.Of("--oracle", "Inner steps of the oracle.", defaults.Oracle);
        foreach (var option in (Option[])[agent, methods, points, replicates, oracle])
            command.Add(option);
        var common = new CommonOptions(command, seeds: null);
        command.SetAction((parsed, cancel) =>
        {
            var config = common.Read<SnakeVarianceSettings>(
                parsed,
                settings => settings with
                {
                    Run = parsed.GetValue(run)!,
                    Agent = parsed.Given(agent, settings.Agent),
                    Methods = parsed.Given(methods, [.. settings.Methods]),
                    Points = parsed.Given(points, settings.Points),
                    Replicates = parsed.Given(replicates, settings.Replicates),
                    Oracle = parsed.Given(oracle, settings.Oracle),
                },
                settings => settings.Validate());
            var folder = SnakeFolder.Find(config.Settings.Run, config.Settings.Agent);
            var trained = folder.Load().Run;
            string to = parsed.GetValue(common.Out)!;
            if (folder.BelongsTo(to))
                throw new UserError($"--out {to}: the agent that is judged is there; name another folder.");
            var kept = folder.Points();
            if (kept.Count == 0)
                throw new UserError($"{config.Settings.Run} has no points of training: train with 'engine snake --points N', N above 0.");
            int code = ExperimentRun.Run(
                parsed,
                common,
                config,
                SnakeVariance.Columns,
                (device, start, observer) =>
                {
                    var points = kept.Select(path => (Func<ExperimentSnapshot>)(() => SnakeFolder.LoadPoint(path, trained)));
                    var variance = new SnakeVariance(config.Settings, trained, [.. points], device);
                    if (start is not null)
                        variance.Resume(start);
                    return variance.Run(observer, cancel);
                },
                (output, rows) => Finish(parsed, output, rows, trained.Settings.FramesPerUpdate),
                Picture);
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, IReadOnlyList<MetricRow> rows, long framesPerUpdate)
    {
        folder.WriteText(Picture, Draw(rows, framesPerUpdate).ToSvg());
        var byMethod = rows.ToLookup(row => row.Method);
        bool relative = byMethod.Contains("1");
        var console = parsed.Console();
        console.WriteTable(
            [
                "Method",
                .. SnakeTraining.MetaParameterNames.Select(name => $">Std of {name}"),
                ">Signal to noise", ">Bias", ">Cosine with oracle",
            ],
            byMethod.Select(method => (string[])[
                method.Key,
                .. SnakeTraining.MetaParameterNames.Select(name => Std(method, name + "_std")),
                Invariant($"{SnakeTraining.MetaParameterNames.Average(name => Mean(method, name + "_snr")):0.000}"),
                Invariant($"{Mean(method, "bias"):G3}"),
                Invariant($"{Mean(method, "cosine"):0.000}")]));
        parsed.InvocationConfiguration.Output.WriteLine(
            $"Means over points{(relative ? "; standard deviations relative to those of 1-step meta-gradients at the same points" : "")}.");

        string Std(IEnumerable<MetricRow> method, string column)
        {
            int number = SnakeVariance.Column(column);
            if (!relative)
                return Invariant($"{Mean(method, column):G3}");
            var ratios = method.Zip(byMethod["1"], (row, one) => row.Values[number] / one.Values[number]);
            return Invariant($"{ratios.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average():G3}");
        }

        static double Mean(IEnumerable<MetricRow> method, string column) => method.Average(row => row.Values[SnakeVariance.Column(column)]);
    }

    private static Figure Draw(IReadOnlyList<MetricRow> rows, long framesPerUpdate)
    {
        return new Figure("Meta-gradients along training on Snake")
        {
            Columns = 3,
            Panels =
            [
                .. SnakeTraining.MetaParameterNames.Index().Select(parameter => Panel(
                    $"({"abcd"[parameter.Index]}) Deviation of {parameter.Item}",
                    "standard deviation",
                    parameter.Item + "_std",
                    Scale.Log)),
                Panel("(e) Bias", "distance to the oracle", "bias", Scale.Log),
                Panel("(f) Direction", "cosine with the oracle", "cosine", Scale.Linear, 1),
            ],
        };

        Panel Panel(string title, string label, string column, Scale scale, double? bound = null) => new(title, "frames", label)
        {
            YMin = -bound,
            YMax = bound,
            YScale = scale,
            Series =
            [
                .. rows.GroupBy(row => row.Method).Select(method => Series.Around(
                    method.Key,
                    [.. method.Select(row => (double)row.Iteration * framesPerUpdate)],
                    [.. method.Select(row => row.Values[SnakeVariance.Column(column)])],
                    [.. method.Select(row => row.Values[SnakeVariance.Column(column + "_error")])])),
            ],
        };
    }
}
