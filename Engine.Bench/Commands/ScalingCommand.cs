using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Engine.Bench.Comparing;
using Engine.Bench.Figures;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.Bench.Scaling;
using Engine.Core.Files;
using Engine.RL;

namespace Engine.Bench.Commands;

/// <summary>engine scaling: how the cost of an update grows.</summary>
public static class ScalingCommand
{
    private const string Table = "scaling.csv";
    private const string Whole = "scaling.json";
    private const string Picture = "scaling";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "scaling",
            "How time, frames a second and memory of an update with a meta-gradient grow with agents, environments, inner steps, "
            + "replicates and the width of the network.")
        {
            Examples =
            {
                ("engine scaling", "all of it, on the processor"),
                ("engine scaling --only agents,n --device cpu,cuda:0 --out runs/cuda", "some, on two devices: a curve for each"),
                ("engine scaling --only envs --device cpu@1,cpu@2 --method 3-mix", "on 1 and 2 threads, with another method"),
                ("engine scaling --grid 6 --max 8 --limit 10", "a quick look"),
                ("engine scaling --resume", "go on after an interruption"),
            },
        };
        var options = new SettingsOptions<ScalingSettings>(command, settings => settings.Validate());
        options.Common.Device.Description = "Devices that compute, with commas between them; cpu@N is the processor with N threads.";
        options.Common.Device.HelpName = "NAME,...";
        command.SetAction((parsed, cancel) =>
        {
            var config = options.Read(parsed);
            var devices = ComparedDevice.Open(options.Common.Device.Name, Values.Split(config.Device), config.Threads);
            try
            {
                return Task.FromResult(Run(parsed, options.Common, config, devices, cancel));
            }
            finally
            {
                foreach (var device in devices)
                    device.Dispose();
            }
        });
        return command;
    }

    private static int Run(
        ParseResult parsed,
        CommonOptions common,
        RunConfig<ScalingSettings> config,
        ComparedDevice[] devices,
        CancellationToken cancel)
    {
        string[] files = [Table, Whole, .. FigureFiles.Names(Picture)];
        using var folder = common.OpenFolder(parsed, files);
        var points = folder.IsResumed ? Load(folder, config) : [];
        folder.WriteSettings(config);
        long began = Stopwatch.GetTimestamp();
        try
        {
            using var progress = common.StartProgress(parsed);
            using var table = folder.Metrics(Table, ScalingReport.Columns);
            Measure(config, devices, points, folder, table, progress, cancel);
        }
        catch (OperationCanceledException)
        {
            throw Interrupted.In(folder);
        }

        var report = new ScalingReport(config.Settings, devices, points);
        folder.WriteText(Whole, report.ToJson());
        FigureFiles.Write(folder, Picture, ScalingFigure.Draw(report), parsed.InvocationConfiguration.Error);
        ScalingTables.Write(parsed.Console(), report);
        ExperimentRun.PrintWritten(parsed, folder, began, files);
        return report.Passed ? ExitCodes.Ok : ExitCodes.Failed;
    }

    // Those that were measured before an interruption come first; each that is measured is in the checkpoint at once.
    private static void Measure(
        RunConfig<ScalingSettings> config,
        ComparedDevice[] devices,
        List<ScalingPoint> points,
        RunFolder folder,
        MetricsFile table,
        IProgressDisplay progress,
        CancellationToken cancel)
    {
        var settings = config.Settings;
        (ScalingLadder Ladder, int Value)[] plan =
        [
            .. from ladder in ScalingLadder.All
               where settings.Only.Contains(ladder.Axis)
               from value in ladder.UpTo(settings.Max)
               select (ladder, value),
        ];
        foreach (var (number, (ladder, value)) in plan.Index())
        {
            int done = Math.Clamp(points.Count - (number * devices.Length), 0, devices.Length);
            double seconds = settings.WarmUp + (ladder.Seconds * ladder.Times(value, 1) * (settings.Repeats + 8));
            progress.Expect(Name(ladder, value), done, devices.Length, seconds);
        }

        foreach (var point in points)
            table.AppendRow(ScalingReport.Row(point));
        Save();
        var scaler = new Scaler(settings, cancel);
        while (points.Count < plan.Length * devices.Length)
        {
            var ((ladder, value), device) = (plan[points.Count / devices.Length], devices[points.Count % devices.Length]);
            var point = scaler.Measure(
                ladder, value, device, points.Where(point => point.Axis == ladder.Axis && point.Device == device.Name));
            points.Add(point);
            table.AppendRow(ScalingReport.Row(point));
            Save();
            progress.Report(Name(ladder, value), ((points.Count - 1) % devices.Length) + 1, devices.Length);
        }

        static string Name(ScalingLadder ladder, int value) => FormattableString.Invariant($"{Setting.Text(ladder.Axis)} {value}");

        void Save() => Checkpoint.Save(
            folder.PathOf(RunFolder.Checkpoint), [], config.ToJson().ToJsonString(), JsonSerializer.Serialize(points, Json.Options));
    }

    // Times on other devices would be another run's.
    private static List<ScalingPoint> Load(RunFolder folder, RunConfig<ScalingSettings> config)
    {
        string path = folder.PathOf(RunFolder.Checkpoint);
        var checkpoint = Checkpoint.Load(path);
        try
        {
            var points = JsonSerializer.Deserialize<List<ScalingPoint>>(checkpoint.Progress, Json.Options)!;
            RecordedSettings.Require(checkpoint.Settings, config.ToJson().ToJsonString(), typeof(ScalingSettings));
            return points;
        }
        catch (JsonException)
        {
            throw new UserError($"--resume: {path} is no checkpoint of 'engine scaling': name another folder with --out.");
        }
    }
}
