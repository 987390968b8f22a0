using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL.Experiments;

namespace Engine.Bench.Commands;

/// <summary>engine mrp: figure 4 of the paper.</summary>
public static class MrpCommand
{
    private const string Summary = "summary.json";
    private const string Picture = "figure4.svg";

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
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed);
            using var device = CommonOptions.OpenDevice(config);
            int code = ExperimentRun.Run(
                parsed,
                options.Common,
                config,
                DiscountLearning.Columns,
                (start, observer) =>
                {
                    var figure = new DiscountLearning(config.Settings, device);
                    if (start is not null)
                        figure.Resume(start);
                    return figure.Run(observer, cancel);
                },
                (folder, rows) => Finish(parsed, folder, new DiscountLearningReport(rows)),
                Summary,
                Picture);
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, DiscountLearningReport report)
    {
        folder.WriteJson(Summary, new { methods = report.Summary, claims = report.Claims });
        folder.WriteText(Picture, Draw(report).ToSvg());
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
    }

    private static Figure Draw(DiscountLearningReport report)
    {
        return new Figure("Monte Carlo meta-gradients on the Markov reward process")
        {
            Panels =
            [
                Panel("(a) Error to the true values", "mean squared error", DiscountLearningReport.ValueError, Scale.Log),
                Panel("(b) Even discounts", "mean discount", DiscountLearningReport.EvenGamma, Scale.Linear),
                Panel("(c) Odd discounts", "mean discount", DiscountLearningReport.OddGamma, Scale.Linear),
            ],
        };

        Panel Panel(string title, string label, Func<MetricRow, double> quantity, Scale scale) => new(title, "iteration", label)
        {
            YScale = scale,
            Series =
            [
                .. report.Methods.Select(method =>
                {
                    var curve = report.Along(method, quantity);
                    return Series.Around(method, curve.X(), curve.Means(), curve.Deviations());
                }),
            ],
        };
    }
}
