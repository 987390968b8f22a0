using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL;
using Engine.RL.Statistics;
using Engine.RL.Studies;

namespace Engine.Bench.Commands;

/// <summary>engine hessian: where the variance of meta-gradients comes from.</summary>
public static class HessianCommand
{
    private const string Summary = "summary.json";
    private const string Quantities = "quantities.csv";
    private const string Picture = "hessian";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "hessian",
            "Where the variance of multi-step meta-gradients comes from: the terms of equation 11, products and spectra of the updates' "
            + "Jacobians, and the rollouts; along training on the Markov reward process, or of an agent.")
        {
            Examples =
            {
                ("engine hessian", "meta-gradients on the Markov reward process, taken apart"),
                ("engine hessian runs/snake --out runs/hessian-snake", "those of an agent"),
                ("engine hessian --points 2 --seeds 2 --replicates 64 --sources 8 --out runs/quick", "a quick look"),
                ("engine hessian --variants own,root-1e-4,no-momentum --steps 10 --out runs/roots", "other inner optimisers"),
                ("engine hessian --resume", "go on after an interruption"),
            },
        };
        var studied = new StudiedRun<StudiedHessian>(
            command,
            (settings, run) => settings with { Run = run },
            settings => settings with { Points = 3, Steps = 10, Replicates = 24, Sources = 8 });
        command.SetAction((parsed, cancel) =>
        {
            var (config, study, _, device) = studied.Open(parsed);
            using (device)
            using (study)
            {
                var analysis = new HessianAnalysis(config.Settings, study);
                UserError.Unless(analysis.Validate);
                return Task.FromResult(ExperimentRun.Run(
                    parsed,
                    studied.Common,
                    config,
                    HessianAnalysis.Columns,
                    start =>
                    {
                        if (start is not null)
                            analysis.Resume(start);
                        return observer => analysis.Run(observer, cancel);
                    },
                    (folder, rows) => Finish(parsed, folder, new HessianReport(analysis, rows)),
                    [Summary, Quantities, .. FigureFiles.Names(Picture)]));
            }
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, HessianReport report)
    {
        folder.WriteJson(Summary, new { report.Units, variants = report.Summary, claims = report.Claims });
        using (var table = folder.Metrics(Quantities, "optimiser", "quantity", "at", "mean", "error"))
        {
            foreach (var (variant, quantity, at) in report.Measured)
            {
                var mean = report.Mean(variant, quantity, at);
                table.AppendRow(variant, quantity, at, mean.Value, mean.Error);
            }
        }

        var console = parsed.Console();
        console.WriteTable(
            [
                "Optimiser", ">Deviation, 1 step", $">{report.Steps} steps", ">Ratio", ">Ratio without products", ">Products",
                ">Common Jacobian", ">Largest singular value", ">Largest modulus",
            ],
            report.Summary.Select(each => (string[])[
                each.Variant,
                Text(each.OneStep),
                Text(each.Steps),
                Text(each.Std),
                Text(each.TraceStd),
                Text(each.Products),
                Text(each.Common),
                Text(each.SingularValue),
                each.Modulus is { } modulus ? Text(modulus) : "-"]),
            $"Products: |T P| / |T| of {report.Steps - 1} Jacobians, of the part in the parameters. Means over {report.Units}, in brackets "
            + "their standard errors.");
        string own = report.Variants[0];
        string[] perTerm
            = [Quantity.TermNorm, Quantity.TermStd, Quantity.TermShare, Quantity.Products, Quantity.Common, Quantity.Direct];
        console.WriteTable(
            ["Term", ">Norm", ">Deviation", ">Part of the variance", ">Products", ">Common Jacobian", ">|N|"],
            report.Places(own, Quantity.TermNorm).Select(i => (string[])[
                Setting.Text(i),
                .. perTerm.Select(quantity => Text(report.Mean(own, quantity, i)))]),
            $"The terms of equation 11 with {report.Steps} steps, of optimiser {own}: 1 is that of the last update.");
        console.WriteTable(
            ["Steps", ">Inner rollouts", ">Validation rollout", ">Both together"],
            report.Numbers.Select(n => (string[])[
                Setting.Text(n),
                .. ((string[])[Quantity.FromInner, Quantity.FromValidation, Quantity.FromBoth])
                    .Select(quantity => Text(report.Mean(InnerVariant.Own.Name, quantity, n)))]),
            "Variance by source: what rollouts of the inner loop, and the rollout of the outer loss, have in it.");
        console.WriteClaims(report.Claims, $"95% bootstrap intervals over {report.Units}");
        FigureFiles.Write(folder, Picture, Draw(report), parsed.InvocationConfiguration.Error);

        static string Text(Estimate estimate) => estimate.Text("G3", "G2");
    }

    private static Figure Draw(HessianReport report)
    {
        string own = report.Variants[0];
        double[] steps = [.. Enumerable.Range(1, report.Steps).Select(i => (double)i)];
        Series[] spectra =
        [
            .. from each in report.Variants.Index()
               let spectrum = report.Distribution(each.Item)
               where spectrum.Eigenvalues.Length > 0
               select new Series(each.Item, spectrum.Eigenvalues, spectrum.Below) { Color = each.Index },
        ];
        return new Figure("Where the variance of meta-gradients comes from")
        {
            Caption = $"means over {report.Units}; bands: one standard error",
            Columns = 3,
            Panels =
            [
                new("Deviation", "inner steps n", "deviation relative to one step")
                {
                    XScale = Scale.Log,
                    YScale = Scale.Log,
                    Series =
                    [
                        new("in proportion to n", steps, steps) { Color = Series.Neutral, Dashed = true },
                        .. Deviations(Quantity.Std),
                    ],
                },
                new("Without products", "inner steps n", "deviation relative to one step")
                {
                    XScale = Scale.Log,
                    YScale = Scale.Log,
                    Series =
                    [
                        new("in proportion to n", steps, steps) { Color = Series.Neutral, Dashed = true },
                        .. Deviations(Quantity.TraceStd),
                    ],
                },
                new("Products of Jacobians", "term i of equation 11", "|T P| / |T|")
                {
                    Series =
                    [
                        .. Each((variant, i) => report.Mean(variant, Quantity.Products, i)),
                        Line($"{own}, common Jacobian", i => report.Mean(own, Quantity.Common, i))
                            with { Color = Series.Neutral, Dashed = true },
                    ],
                },
                new("Terms", "term i of equation 11", "part of the variance")
                {
                    Series = [.. Each((variant, i) => report.Mean(variant, Quantity.TermShare, i))],
                },
                new("Variance by source", "inner steps n", "part of the variance")
                {
                    Series =
                    [
                        Source("inner rollouts", Quantity.FromInner, 5),
                        Source("validation rollout", Quantity.FromValidation, 6),
                        Source("both together", Quantity.FromBoth, Series.Neutral),
                    ],
                },
                new("Singular values of an update's Jacobian", "rank", "singular value")
                {
                    Series =
                    [
                        .. report.Variants.Select((variant, number) => Along(
                            variant,
                            [.. report.Places(variant, Quantity.SingularValue)],
                            at => report.Mean(variant, Quantity.SingularValue, at)) with { Color = number }),
                    ],
                },
                .. spectra.Length > 0
                    ? [
                        new("Distribution of the spectrum of I + H", "eigenvalue", "part of all that is below")
                        {
                            YScale = Scale.Log,
                            Series = spectra,
                        },
                    ]
                    : (Panel[])[],
            ],
        };

        IEnumerable<Series> Deviations(string quantity)
            => report.Variants.Select((variant, number) => Along(
                variant, [.. report.Numbers], n => Estimate.Of(report.Relative(variant, quantity, n)))
                with
            { Color = number, Markers = true });

        IEnumerable<Series> Each(Func<string, int, Estimate> of)
            => report.Variants.Select((variant, number) => Line(variant, i => of(variant, i)) with { Color = number });

        Series Line(string label, Func<int, Estimate> of) => Along(label, [.. Enumerable.Range(1, report.Steps)], of);

        Series Source(string label, string quantity, int color)
            => Along(label, [.. report.Numbers], n => report.Mean(InnerVariant.Own.Name, quantity, n))
                with
            { Color = color, Markers = true };

        static Series Along(string label, int[] places, Func<int, Estimate> of)
        {
            Estimate[] values = [.. places.Select(of)];
            return Series.Around(
                label,
                [.. places.Select(place => (double)place)],
                [.. values.Select(value => value.Value)],
                [.. values.Select(value => double.IsNaN(value.Error) ? 0 : value.Error)]);
        }
    }

    /// <summary>What the command is asked for.</summary>
    public sealed record StudiedHessian : HessianSettings, IStudied
    {
        /// <inheritdoc/>
        public string Run { get; init; } = "";

        /// <inheritdoc/>
        [Setting("The agent, such as 3-mix-0, where the experiment trained several.")]
        public string? Agent { get; init; }
    }
}
