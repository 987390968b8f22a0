using System.CommandLine;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine snake: agents that learn Snake while their hyper-parameters are meta-learned.</summary>
public static class SnakeCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var defaults = new SnakeTrainingSettings();
        var command = new BenchCommand(
            "snake", "Train an actor-critic on Snake while its discount, lambda and loss weights are meta-learned with one method.")
        {
            Examples =
            {
                ("engine snake", "3-step mixed meta-gradients on the paper's board"),
                ("engine snake --grid 6 --method 0 --frames 1000000 --out runs/quick", "fixed hyper-parameters on a small board"),
                ("engine snake --method 5 --seeds 3 --parallel 3 --out runs/five", "three agents at once"),
                ("engine snake --learn gamma,lambda --outer-value-head true --out runs/head", "some hyper-parameters, an outer critic"),
                ("engine snake --resume", "go on after an interruption"),
            },
        };
        var method = Options.Of(
            "--method", "Meta-gradients: n steps as 5, a mix as 5-mix, a trace as trace-5; 0 for fixed hyper-parameters.", defaults.Method);
        var points = Options.Of("--points", "Checkpoints kept along training, for engine variance.", defaults.Points);
        foreach (var option in (Option[])[method, points])
            command.Add(option);
        var options = new SnakeOptions(command, defaults, defaults.Seeds);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Common.Read<SnakeTrainingSettings>(
                parsed,
                settings => options.Apply(parsed, settings) with
                {
                    Method = parsed.Given(method, settings.Method),
                    Points = parsed.Given(points, settings.Points),
                    Seed = parsed.Given(options.Common.Seed, settings.Seed),
                    Seeds = parsed.Given(options.Common.Seeds, settings.Seeds),
                },
                settings => settings.Validate());
            return Task.FromResult(SnakeExperiment.Run(
                parsed, options, config, config.Settings.Runs, report => Print(parsed, report), cancel));
        });
        return command;
    }

    private static void Print(ParseResult parsed, SnakeReport report)
        => parsed.Console().WriteTable(
            ["Method", ">Final return", .. SnakeTraining.MetaParameterNames.Select(name => ">" + name), ">Frames per second"],
            report.Summary.Select(method => (string[])[
                method.Method,
                SnakeExperiment.Text(method.FinalReturn, "0.0"),
                .. SnakeTraining.MetaParameterNames.Select(
                    column => SnakeExperiment.Text(report.Along(method.Method, column).Points[^1], "0.0000")),
                Invariant($"{method.FramesPerSecond:0}")]));
}
