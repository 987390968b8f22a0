using System.CommandLine;
using System.Text.Json;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL;
using Engine.RL.Environments;
using Engine.RL.Experiments;
using Engine.RL.Meta;
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
            ("engine train --resume", "go on after an interruption, or begin"),
            ("engine train --resume --frames 10M", "go on for longer"),
            ("engine train --fork runs/five --method 5-mix --frames 10M --out runs/fork", "go on in another way, elsewhere"),
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
            ("engine snake --preset outer-value --method 1 --frames 10M --out runs/outer", "another published experiment"),
            ("engine snake --resume --frames 10M", "go on after an interruption, or for longer"),
        },
    });

    private static BenchCommand Of(BenchCommand command)
    {
        var options = new SettingsOptions<ForkSettings>(command, settings => settings.Validate());
        var training = new TrainingOptions(command, options.Common);
        command.Options.Single(option => option.Name == "--fork").HelpName = "DIR";
        command.Options.Single(option => option.Name == "--env").CompletionSources.Add([.. EnvironmentKind.All.Select(kind => kind.Name)]);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed, basis: Basis);
            if (config.Settings.Fork is { } source)
                config = config with { Settings = config.Settings with { Fork = UserFile.FullPath(source, "--fork") } };
            var begin = Begin(parsed, options.Common, config.Settings);
            return Task.FromResult(TrainingExperiment.Run(
                parsed, options.Common, training, config, settings => settings.Runs, report => Print(parsed, report), cancel, begin));
        });
        return command;
    }

    // What takes the place of the defaults: the settings of the run that is forked, or of a published experiment.
    private static ForkSettings? Basis(ForkSettings settings)
    {
        if (settings.Fork is not { } fork)
            return settings.Preset is null ? null : Presets.Of(new ForkSettings { Preset = settings.Preset });
        if (settings.Preset is { } preset && Forked(fork).Preset != preset)
            throw new UserError($"--preset {Setting.Text(preset)}: agents that go on from others have their settings; leave it out.");
        return Forked(fork);
    }

    // The settings of the run that is forked.
    private static ForkSettings Forked(string fork)
    {
        var (first, count) = ForkedRun.Find(fork).Agents;
        var json = JsonSerializer.SerializeToNode(first.Settings, Json.Options);
        return json.Deserialize<ForkSettings>(Json.Options)! with
        {
            Method = first.Method,
            Seed = first.Seed,
            Seeds = count,
            Points = first.Points,

            // Plain where it still fits, see InnerMemory.
            Memory = first.Settings.Memory == LoopMemory.Mixed ? LoopMemory.Mixed : LoopMemory.Auto,
        };
    }

    private static Func<AgentRun, ExperimentSnapshot>? Begin(ParseResult parsed, CommonOptions common, ForkSettings settings)
    {
        if (settings.Fork is not { } fork)
            return null;

        // An agent that has begun needs no other to begin with.
        string to = parsed.GetValue(common.Out)!;
        var forked = new Lazy<ForkedRun>(() =>
        {
            var found = ForkedRun.Find(fork);
            found.RequireElsewhere(to);
            return found;
        });

        // Whatever is wrong is told before anything is written.
        bool isResumed = common.Mode(parsed) == RunMode.Resume;
        foreach (var run in settings.Runs)
        {
            if (!isResumed || !AgentFolder.HasBegun(Path.Combine(to, run.Name)))
                forked.Value.Begin(run);
        }

        return run => forked.Value.Begin(run);
    }

    /// <summary>Settings of agents that may go on from others.</summary>
    public sealed record ForkSettings : TrainSettings
    {
        /// <summary>The folder of the agents that these go on from; null if they begin with nothing learned.</summary>
        [Setting(
            "Go on from agents that are trained already, elsewhere and with other settings: their folder; what is not given is theirs, "
            + "and their frames count.")]
        public string? Fork { get; init; }
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
