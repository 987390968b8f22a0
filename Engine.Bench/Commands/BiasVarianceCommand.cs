using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Kernels;
using Engine.RL.Experiments;
using Engine.RL.Meta;
using Engine.RL.Statistics;

namespace Engine.Bench.Commands;

/// <summary>engine bias-variance: figure 5 of the paper.</summary>
public static class BiasVarianceCommand
{
    private const string Summary = "summary.json";
    private const string Picture = "figure5";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "bias-variance",
            "Figure 5: bias and variance of n-step and mixed meta-gradients along a training run of 1-step meta-gradients.")
        {
            Examples =
            {
                ("engine bias-variance", "the figure, as in the paper"),
                ("engine bias-variance --points 5 --replicates 256 --seeds 2 --out runs/quick", "a quick look"),
                ("engine bias-variance --look-ahead 1,3,5 --oracle 20 --kappa 0.9 --out runs/kappa", "other look-aheads and mixes"),
                ("engine bias-variance --others trace-5,back-5,back-10 --out runs/back", "other estimators beside these"),
                ("engine bias-variance --resume", "go on after an interruption"),
            },
        };
        var options = new SettingsOptions<BiasVarianceSettings>(command, settings => settings.Validate());
        command.Add(options.Common.Log);
        command.Add(options.Common.DryRun);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed);
            if (options.Common.PrintsOnly(parsed, config))
                return Task.FromResult(ExitCodes.Ok);
            using var device = CommonOptions.OpenDevice(config);
            CommonOptions.RequireMemory(Device.Cpu, config.Settings.LeastMemory, "replicates * seeds");
            int code = ExperimentRun.Run(
                parsed,
                options.Common,
                config,
                BiasVariance.Columns,
                start =>
                {
                    var figure = new BiasVariance(config.Settings, device);
                    if (start is not null)
                        figure.Resume(start);
                    return observer => figure.Run(observer, cancel);
                },
                (folder, rows) => Finish(parsed, folder, new BiasVarianceReport(rows)),
                [Summary, .. FigureFiles.Names(Picture)]);
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, BiasVarianceReport report)
    {
        folder.WriteJson(Summary, new { methods = report.Summary, claims = report.Claims });
        var console = parsed.Console();
        console.WriteTable(
            ["Estimator", ">Bias", ">Standard deviation", ">Signal to noise", ">Cosine with oracle"],
            report.Summary.Select(
                method => (string[])[method.Method, Text(method.Bias), Text(method.Std), Text(method.Snr), Text(method.Cosine)]),
            "Even discounts. Means over training and seeds; in brackets: the standard error over seeds.");
        console.WriteClaims(report.Claims);
        FigureFiles.Write(folder, Picture, Draw(report), parsed.InvocationConfiguration.Error);

        static string Text(Estimate estimate) => estimate.Text("G4", "G2");
    }

    private static Figure Draw(BiasVarianceReport report)
    {
        return new Figure("Bias and variance of meta-gradients, even discounts")
        {
            Caption = Figure.OverSeeds(
                report.Seeds, "one standard deviation in (a) and (b), one standard error in (c) to (f)"),
            Columns = 3,
            Panels =
            [
                Along("Bias along training", "bias", 0),
                Along("Deviation along training", "standard deviation", 2),
                BySteps("Bias over training", "bias", method => method.Bias),
                BySteps("Deviation over training", "standard deviation", method => method.Std),
                BySteps("Signal to noise", "|mean| / standard deviation", method => method.Snr),
                BySteps("Direction", "cosine with the oracle", method => method.Cosine),
            ],
        };

        Panel Along(string title, string label, int column) => new(title, "iteration", label)
        {
            YScale = Scale.Log,
            Series =
            [
                .. report.Summary.Where(method => method.Kind == MetaGradientKind.Classic).Select((method, number) =>
                {
                    var curve = report.Along(method.Method, column);
                    return Series.Around($"n = {method.Steps}", curve.X(), curve.Means(), curve.Deviations()) with { Color = number };
                }),
            ],
        };

        Panel BySteps(string title, string label, Func<BiasVarianceSummary, Estimate> quantity) => new(title, "inner steps n", label)
        {
            XScale = Scale.Log,
            XTicks = [.. report.Summary.Select(method => (double)method.Steps).Distinct()],
            Series = [.. Enum.GetValues<MetaGradientKind>().Select(kind => Kind(kind, quantity)).Where(series => series.X.Length > 0)],
        };

        Series Kind(MetaGradientKind kind, Func<BiasVarianceSummary, Estimate> quantity)
        {
            var methods = report.Summary.Where(method => method.Kind == kind).ToArray();
            var (name, color) = kind switch
            {
                MetaGradientKind.Classic => ("classic", Series.Neutral),
                MetaGradientKind.Mixed => ("mixed", Series.Neutral),
                MetaGradientKind.Trace => ("trace", 0),
                MetaGradientKind.TraceMixed => ("mix of traces", 0),
                MetaGradientKind.Back => ("looking back", 1),
                MetaGradientKind.BackTrace => ("back by trace", 1),
                MetaGradientKind.Reused => ("reused rollouts", 3),
                _ => ("bootstrapped", 2),
            };
            var series = Series.Around(
                name,
                [.. methods.Select(method => (double)method.Steps)],
                [.. methods.Select(method => quantity(method).Value)],
                [.. methods.Select(method => double.IsNaN(quantity(method).Error) ? 0 : quantity(method).Error)]);
            bool isSecond = kind is MetaGradientKind.Mixed or MetaGradientKind.TraceMixed or MetaGradientKind.BackTrace;
            return series with { Color = color, Markers = true, Dashed = isSecond };
        }
    }
}
