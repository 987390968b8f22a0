using System.CommandLine;
using Engine.Bench.Output;
using Engine.RL.Experiments;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine table1: table 1 and figure 3 of the paper.</summary>
public static class Table1Command
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "table1",
            "Table 1 and figure 3: final return and deviation of the meta-gradient, for n-step and mixed meta-gradients.")
        {
            Examples =
            {
                ("engine table1", "the whole table; it takes long"),
                ("engine table1 --grid 6 --frames 1M --points 10 --replicates 16 --seeds 2 --out runs/quick", "a quick look"),
                ("engine table1 --methods 0,1,3-mix --parallel 2 --out runs/some", "some methods, two agents at once"),
                ("engine table1 --resume --frames 10M", "go on after an interruption, or for longer"),
            },
        };
        var options = new SettingsOptions<Table1Settings>(command, settings => settings.Validate());
        var training = new TrainingOptions(command, options.Common);
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(
                parsed, basis: settings => settings.Preset is null ? null : Presets.Of(new Table1Settings { Preset = settings.Preset }));
            var common = options.Common;
            return Task.FromResult(TrainingExperiment.Run(
                parsed, common, training, config, settings => settings.Runs, report => Print(parsed, report, config.Settings), cancel));
        });
        return command;
    }

    private static void Print(ParseResult parsed, TrainingReport report, Table1Settings settings)
    {
        string evaluated = settings.Replicates == 0 || settings.Points == 0
            ? "meta-gradients were not evaluated"
            : "std relative to 1-step meta-gradients at the same points: "
                + Invariant($"{settings.Points} points, {settings.Replicates} replicates");
        string seeds = settings.Seeds == 1 ? "1 seed" : Invariant($"{settings.Seeds} seeds");
        parsed.Console().WriteTable(
            ["Inner steps", ">Final return", ">in the paper", ">Std of meta-gradient", ">in the paper"],
            report.Summary.Select(method =>
            {
                var published = Table1Published.All.FirstOrDefault(row => row.Method == method.Method);
                return (string[])[
                    method.Method,
                    method.FinalReturn.Text("0.0"),
                    published?.Return.Text("0") ?? "-",
                    method.Deviation?.Text("0.0") ?? "-",
                    published?.Deviation?.Text("0.0") ?? "-"];
            }),
            Invariant($"{TrainingExperiment.Described(settings)}, {settings.Frames:N0} frames, {seeds}; {evaluated}. ")
                + "Final return: of episodes that ended in the last 5% of training. "
                + "Means over seeds; in brackets: the standard deviation over seeds.");
    }
}
