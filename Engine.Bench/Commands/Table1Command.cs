using System.CommandLine;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine table1: table 1 and figure 3 of the paper.</summary>
public static class Table1Command
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var defaults = new Table1Settings();
        var command = new BenchCommand(
            "table1",
            "Table 1 and figure 3: final return on Snake and deviation of the meta-gradient, for n-step and mixed meta-gradients.")
        {
            Examples =
            {
                ("engine table1", "the whole table; it takes long"),
                ("engine table1 --grid 6 --frames 1000000 --points 10 --replicates 16 --seeds 2 --out runs/quick", "a quick look"),
                ("engine table1 --methods 0,1,3-mix --parallel 2 --out runs/some", "some methods, two agents at once"),
                ("engine table1 --resume", "go on after an interruption"),
            },
        };
        var methods = Options.Many(
            "--methods",
            "Methods to compare: n steps as 5, a mix as 5-mix, a trace as trace-5; 0 for fixed hyper-parameters.",
            [.. defaults.Methods]);
        var points = Options.Of("--points", "Points of training at which meta-gradients are judged.", defaults.Points);
        var replicates = Options.Of("--replicates", "Meta-gradients taken at each of them; 0 to judge none.", defaults.Replicates);
        foreach (var option in (Option[])[methods, points, replicates])
            command.Add(option);
        var options = new SnakeOptions(command, defaults, defaults.Seeds);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Common.Read<Table1Settings>(
                parsed,
                settings => options.Apply(parsed, settings) with
                {
                    Methods = parsed.Given(methods, [.. settings.Methods]),
                    Points = parsed.Given(points, settings.Points),
                    Replicates = parsed.Given(replicates, settings.Replicates),
                    Seed = parsed.Given(options.Common.Seed, settings.Seed),
                    Seeds = parsed.Given(options.Common.Seeds, settings.Seeds),
                },
                settings => settings.Validate());
            return Task.FromResult(SnakeExperiment.Run(
                parsed, options, config, config.Settings.Runs, report => Print(parsed, report, config.Settings), cancel));
        });
        return command;
    }

    private static void Print(ParseResult parsed, SnakeReport report, Table1Settings settings)
    {
        var console = parsed.Console();
        console.WriteTable(
            ["Inner steps", ">Final return", ">in the paper", ">Std of meta-gradient", ">in the paper"],
            report.Summary.Select(method =>
            {
                var published = Table1Published.All.FirstOrDefault(row => row.Method == method.Method);
                return (string[])[
                    method.Method,
                    SnakeExperiment.Text(method.FinalReturn, "0.0"),
                    SnakeExperiment.Text(published?.Return, "0"),
                    SnakeExperiment.Text(method.Deviation, "0.0"),
                    SnakeExperiment.Text(published?.Deviation, "0.0")];
            }));
        string judged = settings.Replicates == 0 || settings.Points == 0
            ? "meta-gradients were not judged"
            : "std relative to 1-step meta-gradients at the same points: "
                + Invariant($"{settings.Points} points, {settings.Replicates} replicates");
        parsed.InvocationConfiguration.Output.WriteLine(
            Invariant($"{settings.Rows}x{settings.Columns} board, {settings.Frames:N0} frames, {settings.Seeds} seeds; {judged}. ")
            + "Means over seeds, standard deviations in parentheses; final return: episodes ended in the last 5% of training.");
    }
}
