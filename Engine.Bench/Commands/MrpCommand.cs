using System.CommandLine;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine mrp: figure 4 of the paper.</summary>
public static class MrpCommand
{
    private const string Summary = "summary.json";
    private const string Picture = "figure4.svg";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var defaults = new Figure4Settings();
        var command = new BenchCommand(
            "mrp",
            "Figure 4: meta-learn the discounts of the Markov reward process from Monte Carlo meta-gradients with different look-aheads.")
        {
            Examples =
            {
                ("engine mrp", "the figure, as in the paper"),
                ("engine mrp --look-ahead 1,5 --iterations 500 --seeds 2 --out runs/quick", "a quick look"),
                ("engine mrp --inner-optimiser sgd --learning-rate 0.01 --out runs/sgd", "with another inner optimiser"),
                ("engine mrp --resume", "go on after an interruption"),
            },
        };
        var lookAhead = Options.Many(
            "--look-ahead",
            "Methods to compare: n steps as 5, a mix as 5-mix, a trace as trace-5; 0 for fixed discounts.",
            [.. defaults.LookAhead]);
        var monteCarlo = Options.Of("--monte-carlo", "Meta-gradients averaged for a meta-update.", defaults.MonteCarlo);
        var logEvery = Options.Of("--log-every", "Iterations from one row of metrics to the next.", defaults.LogEvery);
        foreach (var option in (Option[])[lookAhead, monteCarlo, logEvery])
            command.Add(option);
        var options = new MrpOptions(command, defaults);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Common.Read<Figure4Settings>(
                parsed,
                settings => options.Apply(parsed, settings) with
                {
                    LookAhead = parsed.Given(lookAhead, [.. settings.LookAhead]),
                    MonteCarlo = parsed.Given(monteCarlo, settings.MonteCarlo),
                    LogEvery = parsed.Given(logEvery, settings.LogEvery),
                },
                settings => settings.Validate());
            int code = ExperimentRun.Run(
                parsed,
                options.Common,
                config,
                Figure4.Columns,
                (device, start, observer) =>
                {
                    var figure = new Figure4(config.Settings, device);
                    if (start is not null)
                        figure.Resume(start);
                    return figure.Run(observer, cancel);
                },
                (folder, rows) => Finish(parsed, folder, new Figure4Report(rows)),
                Summary,
                Picture);
            return Task.FromResult(code);
        });
        return command;
    }

    private static void Finish(ParseResult parsed, RunFolder folder, Figure4Report report)
    {
        folder.WriteJson(Summary, new { methods = report.Summary, claims = report.Claims });
        folder.WriteText(Picture, Draw(report).ToSvg());
        var console = parsed.Console();
        console.WriteTable(
            ["Look-ahead", ">Error to true values", ">Even discounts", ">Odd discounts"],
            report.Summary.Select(method => (string[])[
                method.Method,
                Invariant($"{method.ValueMse.Mean:0.00000} ({method.ValueMse.Std:0.00000})"),
                Invariant($"{method.EvenGamma.Mean:0.000} ({method.EvenGamma.Std:0.000})"),
                Invariant($"{method.OddGamma.Mean:0.000} ({method.OddGamma.Std:0.000})")]));
        console.WriteClaims(report.Claims);
    }

    private static Figure Draw(Figure4Report report)
    {
        return new Figure("Monte Carlo meta-gradients on the Markov reward process")
        {
            Panels =
            [
                Panel("(a) Error to the true values", "mean squared error", Figure4Report.ValueError, Scale.Log),
                Panel("(b) Even discounts", "mean discount", Figure4Report.EvenGamma, Scale.Linear),
                Panel("(c) Odd discounts", "mean discount", Figure4Report.OddGamma, Scale.Linear),
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
