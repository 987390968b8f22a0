using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Meta;
using Engine.RL.Statistics;
using Engine.RL.Studies;

namespace Engine.Bench.Commands;

/// <summary>engine frontier: bias, deviation and use of all estimators of the meta-gradient.</summary>
public static class FrontierCommand
{
    private const string Summary = "summary.json";
    private const string Estimators = "estimators.csv";
    private const string Picture = "frontier";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "frontier",
            "Bias against deviation of n steps, mixes, traces, reused rollouts and looking back, and what a step along each is worth: "
            + "along training on the Markov reward process, or of an agent that 'engine train' has kept points of.")
        {
            Examples =
            {
                ("engine frontier", "all estimators on the Markov reward process"),
                ("engine frontier runs/snake --out runs/frontier-snake", "those of an agent"),
                ("engine frontier --points 2 --seeds 2 --replicates 64 --measured 8 --out runs/quick", "a quick look"),
                ("engine frontier --most 10 --kappas 0.5,0.8,0.9 --back 5,10 --out runs/fewer", "fewer of them"),
                ("engine frontier --resume", "go on after an interruption"),
            },
        };
        var studied = new StudiedRun<StudiedFrontier>(
            command,
            (settings, run) => settings with { Run = run },
            settings => settings with { Most = 10, Oracle = 10, Reuse = [2, 3, 5, 10], Points = 5, Replicates = 64, Measured = 0 });
        command.SetAction((parsed, cancel) =>
        {
            var (config, study, agent, device) = studied.Open(parsed);
            using (device)
            using (study)
            {
                if (agent is not null && config.Settings.Measured > 0)
                    throw new UserError("--measured: the outer loss of an agent says nothing by itself; leave it out.");
                var settings = config.Settings;
                var frontier = new Frontier(
                    settings, study, agent is null ? settings.Kappa : agent.Kappa, agent?.TraceDecay ?? settings.TraceDecay);
                return Task.FromResult(ExperimentRun.Run(
                    parsed,
                    studied.Common,
                    config,
                    frontier.Columns,
                    start =>
                    {
                        if (start is not null)
                            frontier.Resume(start);
                        return observer => frontier.Run(observer, cancel);
                    },
                    (folder, rows) => Finish(parsed, folder, new FrontierReport(frontier, rows)),
                    [Summary, Estimators, .. FigureFiles.Names(Picture)]));
            }
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, FrontierReport report)
    {
        folder.WriteJson(Summary, new { report.Units, claims = report.Claims });
        WriteEstimators(folder, report);
        var console = parsed.Console();
        int[] steps = [.. report.Steps.Where(n => n is 1 or 2 or 3 or 5 or 10 || n == report.Steps[^1])];
        bool measures = report.Summary[0].Improvement is not null;
        console.WriteTable(
            [
                "Estimator", ">Bias", ">Deviation", ">Signal to noise", ">Cosine of mean", ">Alignment", ">At equal frames",
                .. measures ? (string[])[">Improvement"] : [], "Frontier",
            ],
            steps.SelectMany(Shown).Concat(Others()).Select(each => (string[])[
                each.Method,
                Text(each.Bias),
                Text(each.Std),
                Text(each.Snr),
                Text(each.Cosine),
                Text(each.Alignment),
                Text(each.Pooled),
                .. each.Improvement is { } improvement ? (string[])[Text(improvement)] : [],
                each.IsOnFrontier ? "yes" : ""]),
            $"Means over {report.Units}. Alignment: the expected cosine of one estimate with the oracle's mean; at equal frames, of the "
            + "mean of as many as the frames of the longest pay for. In brackets after a name: a factor that is not the usual one, but the "
            + "best aligned." + (measures ? " Bias to cosine are of even discounts, alignment is of all." : ""));
        console.WriteClaims(report.Claims, $"95% bootstrap intervals over {report.Units}");
        FigureFiles.Write(folder, Picture, Draw(report), parsed.InvocationConfiguration.Error);

        IEnumerable<FrontierSummary> Shown(int n) =>
        [
            .. report.Of(MetaGradientKind.Classic).Where(each => each.Steps == n),
            .. n == 1 ? [] : ((MetaGradientKind[])[MetaGradientKind.Mixed, MetaGradientKind.Trace, MetaGradientKind.TraceMixed])
                .SelectMany(kind => report.Of(kind).Where(each => each.Steps == n).Append(report.Best(kind, n)).Distinct()),
        ];

        IEnumerable<FrontierSummary> Others()
            => ((MetaGradientKind[])[MetaGradientKind.Reused, MetaGradientKind.Back, MetaGradientKind.BackTrace])
                .SelectMany(kind => report.Of(kind));

        static string Text(Estimate estimate) => estimate.Text("G3", "G2");
    }

    private static void WriteEstimators(RunFolder folder, FrontierReport report)
    {
        string[] statistics = ["bias", "std", "snr", "cosine", "alignment", "pooled", "improvement"];
        using var table = folder.Metrics(
            Estimators,
            [
                "method", "kind", "steps", "factor", "usual", "frontier",
                .. statistics.SelectMany(name => (string[])[name, name + "_error"]), "predicted",
            ]);
        foreach (var each in report.Summary)
        {
            Estimate?[] values = [each.Bias, each.Std, each.Snr, each.Cosine, each.Alignment, each.Pooled, each.Improvement];
            table.AppendRow(
            [
                each.Method, Setting.Text(each.Kind), each.Steps, each.Factor, each.IsUsual, each.IsOnFrontier,
                .. values.SelectMany(value => (object?[])[value?.Value, value?.Error]), each.Predicted,
            ]);
        }
    }

    private static Figure Draw(FrontierReport report)
    {
        (MetaGradientKind Kind, string Name, int Color)[] kinds =
        [
            (MetaGradientKind.Classic, "n steps", 0),
            (MetaGradientKind.Mixed, "mix", 1),
            (MetaGradientKind.Trace, "trace", 2),
            (MetaGradientKind.TraceMixed, "mix of traces", 4),
            (MetaGradientKind.Reused, "reused rollouts", 5),
            (MetaGradientKind.Back, "looking back", 3),
            (MetaGradientKind.BackTrace, "back by trace", 6),
        ];
        bool measures = report.Summary[0].Improvement is not null;
        return new Figure("Estimators of the meta-gradient: bias, variance, and what a step is worth")
        {
            Caption = $"means over {report.Units}; bands: one standard error; grey: other factors of mixes and traces",
            Columns = 3,
            Panels =
            [
                new("Bias against deviation", "standard deviation", "bias")
                {
                    XScale = Scale.Log,
                    YScale = Scale.Log,
                    Series =
                    [
                        Cloud(each => each.Std.Value, each => each.Bias.Value),
                        .. kinds.Select(kind => Line(kind, each => each.Std.Value, each => each.Bias.Value)),
                    ],
                },
                new("What a step is worth", "inner steps n, or N", "alignment with the oracle")
                {
                    XScale = Scale.Log,
                    Series =
                    [
                        .. kinds.Select(kind => Banded(kind, each => each.Alignment)),
                        BestMixes(n => report.Best(MetaGradientKind.Mixed, n).Alignment.Value, "best mix"),
                    ],
                },
                new("At equal frames", "inner steps n, or N", "alignment of the mean of estimates")
                {
                    XScale = Scale.Log,
                    Series = [.. kinds.Select(kind => Banded(kind, each => each.Pooled))],
                },
                new("The best discount of a mix", "inner steps n", "kappa")
                {
                    Series =
                    [
                        new("1 - 1/n", Mixed(), [.. Mixed().Select(n => 1 - (1 / n))]) { Color = Series.Neutral, Dashed = true },
                        BestMixes(n => report.Best(MetaGradientKind.Mixed, n).Factor, "best mix"),
                    ],
                },
                new("Signal to noise", "inner steps n, or N", "|mean| / standard deviation")
                {
                    XScale = Scale.Log,
                    Series = [.. kinds.Select(kind => Banded(kind, each => each.Snr))],
                },
                .. measures ? [StepsMade()] : (Panel[])[],
            ],
        };

        double[] Mixed() => [.. report.Of(MetaGradientKind.Mixed).Select(each => (double)each.Steps)];

        Panel StepsMade()
        {
            double Predicted(FrontierSummary each) => each.Predicted!.Value;

            double Made(FrontierSummary each) => each.Improvement!.Value.Value;

            double[] ends = [report.Summary.Min(Predicted), report.Summary.Max(Predicted)];
            return new("Steps made", "improvement predicted by alignment", "improvement measured")
            {
                Series =
                [
                    new("as predicted", ends, ends) { Color = Series.Neutral, Dashed = true },
                    Cloud(Predicted, Made),
                    .. kinds.Select(kind => Line(kind, Predicted, Made) with { Joined = false }),
                ],
            };
        }

        Series Cloud(Func<FrontierSummary, double> x, Func<FrontierSummary, double> y)
        {
            var others = report.Summary.Where(each => !each.IsUsual).ToArray();
            return new("", [.. others.Select(x)], [.. others.Select(y)]) { Joined = false, Markers = true, Color = Series.Neutral };
        }

        Series Line(
            (MetaGradientKind Kind, string Name, int Color) kind, Func<FrontierSummary, double> x, Func<FrontierSummary, double> y)
        {
            var of = report.Of(kind.Kind);
            return new(kind.Name, [.. of.Select(x)], [.. of.Select(y)]) { Markers = true, Color = kind.Color };
        }

        Series Banded((MetaGradientKind Kind, string Name, int Color) kind, Func<FrontierSummary, Estimate> y)
        {
            var of = report.Of(kind.Kind);
            return Series.Around(
                kind.Name,
                [.. of.Select(each => (double)each.Steps)],
                [.. of.Select(each => y(each).Value)],
                [.. of.Select(each => double.IsNaN(y(each).Error) ? 0 : y(each).Error)])
                with
            { Markers = true, Color = kind.Color };
        }

        Series BestMixes(Func<int, double> y, string name)
            => new(name, Mixed(), [.. Mixed().Select(n => y((int)n))]) { Color = 1, Dashed = true };
    }

    /// <summary>What the command is asked for.</summary>
    public sealed record StudiedFrontier : FrontierSettings, IStudied
    {
        /// <inheritdoc/>
        public string Run { get; init; } = "";

        /// <inheritdoc/>
        [Setting("The agent, such as 3-mix-0, where the experiment trained several.")]
        public string? Agent { get; init; }
    }
}
