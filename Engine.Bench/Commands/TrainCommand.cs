using System.CommandLine;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine train: agents that learn while their hyper-parameters are meta-learned. engine snake is a short form.</summary>
public static class TrainCommand
{
    private static readonly string[] s_metaParameters = ["gamma", "lambda", "c_crit", "c_entr"];

    /// <summary>Makes the command.</summary>
    public static Command Create() => Of(new BenchCommand(
        "train", "Train an actor-critic while its discount, lambda and loss weights are meta-learned with one method.")
    {
        Examples =
        {
            ("engine train --env catch --frames 1M", "a small game"),
            ("engine train --env cartpole --learn gamma,lambda --out runs/pole", "some hyper-parameters of a classic"),
            ("engine train --method 5 --seeds 3 --parallel 3 --out runs/five", "three agents at once, on Snake"),
            ("engine train --resume", "go on after an interruption"),
        },
    });

    /// <summary>Makes its short form for Snake.</summary>
    public static Command CreateSnake() => Of(new BenchCommand(
        "snake", "Train an actor-critic on Snake while its discount, lambda and loss weights are meta-learned: 'engine train --env snake'.")
    {
        Examples =
        {
            ("engine snake", "3-step mixed meta-gradients on the paper's board"),
            ("engine snake --grid 6 --method 0 --frames 1M --out runs/quick", "fixed hyper-parameters on a small board"),
            ("engine snake --learn gamma,lambda --outer-value-head true --out runs/head", "some hyper-parameters, an outer critic"),
            ("engine snake --resume", "go on after an interruption"),
        },
    });

    private static BenchCommand Of(BenchCommand command)
    {
        var options = new SettingsOptions<TrainSettings>(command, settings => settings.Validate());
        var parallel = TrainingExperiment.Parallel();
        command.Add(parallel);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed);
            return Task.FromResult(TrainingExperiment.Run(
                parsed, options.Common, parallel, config, config.Settings.Runs, report => Print(parsed, report), cancel));
        });
        return command;
    }

    private static void Print(ParseResult parsed, TrainingReport report)
        => parsed.Console().WriteTable(
            ["Method", ">Final return", .. s_metaParameters.Select(name => ">" + name), ">Frames per second"],
            report.Summary.Select(method => (string[])[
                method.Method,
                method.FinalReturn.Text("0.0"),
                .. s_metaParameters.Select(column => report.Along(method.Method, column).Points[^1].Text("0.0000")),
                Invariant($"{method.FramesPerSecond:0}")]),
            "Final return: of episodes that ended in the last 5% of training. "
                + "Means over seeds; in brackets: the standard deviation over seeds.");
}
