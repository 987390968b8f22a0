using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Commands;

/// <summary>engine mrp: figure 4 of the paper.</summary>
public static class MrpCommand
{
    private const string Summary = "summary.json";
    private const string Picture = "figure4";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "mrp",
            "Figure 4: meta-learn the discounts of the Markov reward process from Monte Carlo meta-gradients with different look-aheads.")
        {
            Examples =
            {
                ("engine mrp", "the figure, as in the paper"),
                ("engine mrp --look-ahead 1,5 --iterations 500 --seeds 2 --out runs/quick", "a quick look"),
                ("engine mrp --inner-optimiser sgd --learning-rate 0.01 --out runs/sgd", "with another inner optimiser"),
                ("engine mrp --resume --iterations 10k", "go on after an interruption, or for longer"),
            },
        };
        var options = new SettingsOptions<DiscountLearningSettings>(command, settings => settings.Validate());
        command.Add(options.Common.CheckFinite);
        command.Add(options.Common.Log);
        command.Add(options.Common.DryRun);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed);
            if (options.Common.PrintsOnly(parsed, config))
                return Task.FromResult(ExitCodes.Ok);
            using var device = CommonOptions.OpenDevice(config);
            int code = ExperimentRun.Run(
                parsed,
                options.Common,
                config,
                DiscountLearning.Columns,
                start =>
                {
                    bool isChecked = parsed.GetValue(options.Common.CheckFinite);
                    var figure = new DiscountLearning(config.Settings, device) { CheckFinite = isChecked };
                    if (start is not null)
                        figure.Resume(start);
                    return observer => figure.Run(observer, cancel);
                },
                (folder, rows) => Finish(parsed, folder, new DiscountLearningReport(rows)),
                [Summary, .. FigureFiles.Names(Picture)]);
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, DiscountLearningReport report)
    {
        folder.WriteJson(Summary, new { methods = report.Summary, claims = report.Claims });
        var console = parsed.Console();
        console.WriteTable(
            ["Look-ahead", ">Error to true values", ">Even discounts", ">Odd discounts"],
            report.Summary.Select(method => (string[])[
                method.Method,
                method.ValueMse.Text("0.00000"),
                method.EvenGamma.Text("0.000"),
                method.OddGamma.Text("0.000")]),
            "At the end of training. Means over seeds; in brackets: the standard deviation over seeds.");
        console.WriteClaims(report.Claims);
        FigureFiles.Write(folder, Picture, Draw(report), parsed.InvocationConfiguration.Error);
    }

    private static Figure Draw(DiscountLearningReport report)
    {
        const string One = "1";
        bool isPaired = report.Methods.Contains(One) && report.Methods.Count > 1;
        return new Figure("Monte Carlo meta-gradients on the Markov reward process")
        {
            Caption = Figure.OverSeeds(report.Seeds) + (isPaired ? "; (d) to (f): compared seed by seed" : ""),
            Columns = 3,
            Panels =
            [
                Panel("Error to the true values", "mean squared error", DiscountLearningReport.ValueError, Scale.Log),
                Panel("Even discounts", "mean discount", DiscountLearningReport.EvenGamma, targets: [0, 1]),
                Panel("Odd discounts", "mean discount", DiscountLearningReport.OddGamma, targets: [0, 1]),
                .. isPaired ?
                [
                    Beside("Error beside 1 step", "ratio of errors", DiscountLearningReport.ValueError, (with, one) => with / one, 1),
                    Beside("Even discounts beside 1 step", "difference", DiscountLearningReport.EvenGamma, (with, one) => with - one, 0),
                    Beside("Odd discounts beside 1 step", "difference", DiscountLearningReport.OddGamma, (with, one) => with - one, 0),
                ]
                : Array.Empty<Panel>(),
            ],
        };

        Panel Panel(string title, string label, Func<MetricRow, double> quantity, Scale scale = Scale.Linear, double[]? targets = null)
            => new(title, "iteration", label)
            {
                YScale = scale,
                Targets = targets ?? [],
                Series = [.. report.Methods.Select(method => Line(method, report.Along(method, quantity)))],
            };

        Panel Beside(string title, string label, Func<MetricRow, double> quantity, Func<double, double, double> compare, double equal)
            => new(title, "iteration", label)
            {
                Targets = [equal],
                Series = [.. report.Methods.Where(method => method != One)
                    .Select(method => Line(method, report.Beside(method, One, quantity, compare)))],
            };

        static Series Line(string method, Curve curve) => Series.Around(method, curve.X(), curve.Means(), curve.Deviations());
    }
}
