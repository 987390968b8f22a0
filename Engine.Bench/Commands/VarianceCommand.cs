using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Statistics;
using Engine.RL.Training;

namespace Engine.Bench.Commands;

/// <summary>engine variance: bias and variance of meta-gradients along the training of an agent.</summary>
public static class VarianceCommand
{
    private const string Picture = "variance";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "variance", "Mean, deviation, bias and direction of meta-gradients at the points of training that 'engine train' has kept.")
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
        var options = new SettingsOptions<VarianceSettings>(command, settings => settings.Validate());
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed, settings => settings with { Run = parsed.GetValue(run)! });
            var folder = AgentFolder.Find(config.Settings.Run, config.Settings.Agent);
            var trained = folder.Load().Run;
            string to = parsed.GetValue(options.Common.Out)!;
            if (folder.BelongsTo(to))
                throw new UserError($"--out {to}: the agent that is evaluated is there; name another folder.");
            var kept = folder.Points();
            if (kept.Count == 0)
                throw new UserError($"{config.Settings.Run} has no points of training: train with 'engine train --points N', N above 0.");
            var points = kept.Select(path => (Func<ExperimentSnapshot>)(() => AgentFolder.LoadPoint(path, trained))).ToArray();
            using var device = CommonOptions.OpenDevice(config);
            var variance = new MetaGradientVariance(config.Settings, trained, points, device);
            UserError.Unless(variance.Validate);
            int code = ExperimentRun.Run(
                parsed,
                options.Common,
                config,
                variance.Columns,
                start =>
                {
                    if (start is not null)
                        variance.Resume(start);
                    return observer => variance.Run(observer, cancel);
                },
                (output, rows) => Finish(parsed, output, new MetaGradientVarianceReport(variance, rows), trained.Settings),
                FigureFiles.Names(Picture));
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, MetaGradientVarianceReport report, LearningSettings settings)
    {
        parsed.Console().WriteTable(
            ["Method", .. report.Parameters.Select(name => $">Std of {name}"), ">Signal to noise", ">Bias", ">Cosine with oracle"],
            report.Summary.Select(method => (string[])[
                method.Method,
                .. method.Std.Select(ShortNumber.Text),
                ShortNumber.Text(method.SignalToNoise),
                ShortNumber.Text(method.Bias),
                ShortNumber.Text(method.Cosine)]),
            "Means over points of training"
                + (report.IsRelative ? "; standard deviations relative to those of 1-step meta-gradients at the same points." : "."));
        FigureFiles.Write(folder, Picture, Draw(report, settings), parsed.InvocationConfiguration.Error);
    }

    private static Figure Draw(MetaGradientVarianceReport report, LearningSettings settings)
    {
        string std = report.IsRelative ? "deviation relative to 1 step" : "standard deviation";
        return new Figure($"Meta-gradients along training: {TrainingExperiment.Described(settings)}")
        {
            Caption = "(a): means over meta-parameters; bars in (b) and (c): one standard deviation over points of training to both sides",
            Panels =
            [
                new("Deviation along training", "frames", std)
                {
                    YScale = Scale.Log,
                    Series = [.. report.Methods.Select(method => new Series(
                        method,
                        [.. report.Updates.Select(update => (double)update * settings.FramesPerUpdate)],
                        report.MeanDeviations(method)) { Markers = true })],
                },
                ByParameter("Deviation by meta-parameter", std, Scale.Log, report.Deviation),
                ByParameter("Signal to noise", "|mean| / standard deviation", Scale.Linear, report.SignalToNoise),
            ],
        };

        // The methods' points of a row lie a little below each other.
        Panel ByParameter(string title, string label, Scale scale, Func<string, string, Spread> statistic)
            => new(title, label, "")
            {
                XScale = scale,
                YNames = [.. report.Parameters],
                Series = [.. report.Methods.Select((method, number) =>
                {
                    var spreads = report.Parameters.Select(name => statistic(method, name)).ToArray();
                    double below = 0.7 * (((number + 0.5) / report.Methods.Count) - 0.5);
                    return new Series(
                        method, [.. spreads.Select(spread => spread.Mean)], [.. spreads.Select((_, row) => row + below)])
                    {
                        Lower = [.. spreads.Select(spread => spread.Mean - spread.Std)],
                        Upper = [.. spreads.Select(spread => spread.Mean + spread.Std)],
                        Joined = false,
                        Markers = true,
                    };
                })],
            };
    }

    /// <summary>What the command is asked for.</summary>
    public sealed record VarianceSettings : MetaGradientVarianceSettings
    {
        /// <summary>The folder of the agent, or of the experiment that trained it.</summary>
        public string Run { get; init; } = "";

        /// <summary>The agent's name, such as 3-mix-0, if that experiment trained several.</summary>
        [Setting("The agent, such as 3-mix-0, where the experiment trained several.")]
        public string? Agent { get; init; }
    }
}
