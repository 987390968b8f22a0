using System.CommandLine;
using System.Globalization;
using System.Text;
using Engine.Bench.Figures;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine plot: runs side by side, from what they have measured so far.</summary>
public static class PlotCommand
{
    private const string DefaultY = "return_mean";

    /// <summary>What is drawn of several seeds.</summary>
    internal enum Statistic
    {
        Iqm,
        Mean,
    }

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "plot",
            "Draw runs side by side, finished or not: for each run and method a curve over its seeds, with 95% bootstrap intervals.")
        {
            Examples =
            {
                ("engine plot runs/table1", "the return of every method"),
                ("engine plot runs/five runs/mix --y return_mean,gamma --out five-mix.svg", "two runs, two quantities"),
                ("engine plot runs/mrp --y value_mse,gamma_0,gamma_1", "another experiment's"),
                ("engine plot runs/table1 --x frames_played --out played.svg", "against all frames, look-ahead included"),
                ("engine plot runs/five/5-0 others.csv --x frames --statistic mean", "one agent, and a table from elsewhere"),
            },
        };
        var runs = new Argument<string[]>("RUN")
        {
            Description = $"Folders of runs or of agents, and files like their {RunFolder.Table}.",
            Arity = ArgumentArity.OneOrMore,
        };
        var x = Options.Of<string?>(
            "--x",
            $"The column to draw along: {PlottedCurves.DefaultX}, whichever comes first; of agents also "
                + $"{LearningCost.FramesPlayed}, look-ahead included, and {LearningCost.Seconds}.",
            null);
        var y = Options.Many("--y", "The columns to draw, a panel for each.", DefaultY);
        x.HelpName = "NAME";
        y.HelpName = "NAME,...";

        // Else it would take runs that follow it for more names.
        y.Arity = ArgumentArity.ExactlyOne;
        y.AllowMultipleArgumentsPerToken = false;
        var statistic = Options.Of("--statistic", "What is drawn of several seeds: the interquartile mean or the mean.", Statistic.Iqm);
        var points = Options.Number("--points", "The most points of a curve, each a mean over as many rows: fewer are smoother.", 100, 1);
        var file = Options.Of("--out", "The picture; its numbers go beside it, as .curves.csv and .final.json.", "plot.svg");
        file.HelpName = "FILE";
        command.Add(runs);
        foreach (var option in (Option[])[x, y, statistic, points, file])
            command.Add(option);
        command.SetAction(parsed =>
        {
            string to = parsed.GetValue(file)!;
            if (!Path.GetExtension(to).Equals(".svg", StringComparison.OrdinalIgnoreCase))
                throw new UserError($"--out {to}: a picture is an SVG file; end its name in .svg.");
            string numbers = Path.ChangeExtension(to, ".curves.csv"), final = Path.ChangeExtension(to, ".final.json");
            string[] files = [to, numbers, final];
            foreach (string written in files)
                UserFile.RequireFolder(written, "--out");
            var measured = new PlottedCurves(parsed.GetValue(runs)!);
            if (files.FirstOrDefault(IsDrawn) is { } drawn)
                throw new UserError($"--out {to}: {drawn} would be replaced, which is drawn; give the picture another name.");
            string along = parsed.GetValue(x) ?? PlottedCurves.Along(measured.Seeds[0].Table);
            PlottedCurve[] curves =
                [.. parsed.GetValue(y)!.SelectMany(column => measured.Of(along, column, parsed.GetValue(points)))];
            bool isMean = parsed.GetValue(statistic) == Statistic.Mean;
            Write(numbers, PlottedCurve.ToCsv(curves));
            Write(final, PlottedCurve.ToJson(along, curves));
            Print(parsed, along, curves);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            bool isDrawn = FigureFiles.Try(to, error, () => Write(to, Draw(curves, along, isMean).ToSvg()));
            foreach (var empty in curves.Where(curve => !curve.Seeds.Points.Any(point => double.IsFinite(point.Iqm))))
                error.WriteLine(Printable.Line($"{empty.Label} has no numbers in {empty.Column}: nothing of it is drawn."));
            output.WriteLine($"Written to {(isDrawn ? to + "; " : "")}curves to {numbers}, final values to {final}.");
            return ExitCodes.Ok;

            bool IsDrawn(string written) => measured.Seeds.Any(seed => UserFile.IsSame(seed.Table.Path, written));
        });
        return command;
    }

    private static Figure Draw(PlottedCurve[] curves, string x, bool isMean)
    {
        string what = isMean ? "Mean" : "Interquartile mean";
        bool severalSeeds = curves.Any(curve => curve.Seeds.Final.Seeds > 1);
        return new Figure(severalSeeds ? $"{what} over seeds with its 95% bootstrap interval" : "Single seeds")
        {
            Panels =
            [
                .. curves.GroupBy(curve => curve.Column).Select(panel => new Panel(panel.Key, x, panel.Key)
                {
                    Series = [.. panel.Select(curve => curve.Series(isMean))],
                }),
            ],
        };
    }

    private static void Print(ParseResult parsed, string x, PlottedCurve[] curves)
        => parsed.Console().WriteTable(
            ["Curve", "Column", ">Until " + x, ">Seeds", ">Mean", ">Interquartile mean"],
            curves.Select(curve => (string[])[
                curve.Label,
                curve.Column,
                Invariant($"{Axis(curve.Seeds.X[^1])}{(curve.Seeds.IsCut ? "*" : "")}"),
                Invariant($"{curve.Seeds.Final.Seeds}"),
                Tables.WithInterval(curve.Seeds.Final.Mean, curve.Seeds.Final.MeanInterval),
                Tables.WithInterval(curve.Seeds.Final.Iqm, curve.Seeds.Final.IqmInterval)]),
            "Of each seed the mean over the last tenth of the rows; in brackets: the 95% bootstrap interval over seeds."
                + (curves.Any(curve => curve.Seeds.IsCut) ? " * Some seeds have rows that others lack, which are left out." : ""));

    private static string Axis(double x) => x.ToString(Math.Abs(x) < 1e15 ? "#,0.####" : "G6", CultureInfo.InvariantCulture);

    private static void Write(string file, string text) => UserFile.Write(file, "--out", Encoding.UTF8.GetBytes(text));
}
