using System.CommandLine;
using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Meta;
using Engine.RL.Training;

namespace Engine.Bench.Commands;

/// <summary>engine memory: what an update takes, by how its meta-gradient is computed and the number of inner steps.</summary>
public static class MemoryCommand
{
    private enum Problem
    {
        Snake,
        Mlp,
    }

    private enum Mode
    {
        Plain,
        Mixed,
        Forward,
    }

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "memory",
            "Memory and time of an update with an n-step meta-gradient, in plain and mixed memory and forward; one line of JSON for each.")
        {
            Examples =
            {
                ("engine memory", "Snake with its defaults"),
                ("engine memory --problem mlp --steps 1,5", "Catch with a network of a million parameters"),
                ("engine memory --modes plain --steps 1000 --plan", "only what would be taken"),
            },
        };
        var problem = Options.Of("--problem", "The paper's Snake, or Catch with a million parameters, 32 games each.", Problem.Snake);
        var modes = Options.Many("--modes", "How the meta-gradient is computed.", Enum.GetValues<Mode>());
        var steps = Options.Numbers("--steps", "Inner steps n.", 1, 1, 5, 10, 40, 100);
        var repeats = Options.Number("--repeats", "Timed updates of each; the median is what counts.", 5, 1);
        var plan = Options.Switch("--plan", "Only plan the memory; nothing is computed.");
        foreach (var option in (Option[])[problem, modes, steps, repeats, plan])
            command.Add(option);
        var device = new DeviceOptions(command);
        command.SetAction((parsed, cancel) =>
        {
            using var opened = device.Open(parsed);
            foreach (int n in parsed.GetValue(steps)!)
            {
                var method = MetaGradientMethod.Parse(FormattableString.Invariant($"{n}"));
                foreach (var mode in parsed.GetValue(modes)!)
                {
                    int calls = parsed.GetValue(plan) ? 0 : parsed.GetValue(repeats);
                    var result = Measure(parsed.GetValue(problem), mode, method, calls, opened, cancel);
                    parsed.InvocationConfiguration.Output.WriteLine(result.ToJsonString());
                }
            }

            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static JsonObject Measure(
        Problem problem, Mode mode, MetaGradientMethod method, int calls, Device device, CancellationToken cancel)
    {
        using var work = new UpdateWork(Trainer(problem, mode, method, device));
        long need = work.Trainer.Plan();
        var result = new JsonObject
        {
            ["problem"] = Name(problem),
            ["mode"] = Name(mode),
            ["steps"] = method.Steps,
            ["device"] = device.Name,
            ["threads"] = device.Concurrency,
            ["working_bytes"] = need,
        };

        if (calls == 0 || need > device.FreeBytes)
            return result;
        for (int warm = 0; warm < 3; warm++)
            Timing.Call(work, device, cancel);
        var before = Environment.CpuUsage.TotalTime;
        var timing = Timing.Of(work, device, calls, new Deadline(TimeSpan.MaxValue), cancel);
        result["commands"] = work.Trainer.CommandCount;
        result["median_ms"] = Math.Round(timing.Median, 2);
        result["min_ms"] = Math.Round(timing.Min, 2);
        result["cpu_ms"] = Math.Round((Environment.CpuUsage.TotalTime - before).TotalMilliseconds / timing.Calls, 2);
        return result;
    }

    private static Trainer Trainer(Problem problem, Mode mode, MetaGradientMethod method, Device device)
    {
        var settings = new LearningSettings
        {
            Env = problem == Problem.Snake ? "snake" : "catch",
            Memory = mode == Mode.Mixed ? LoopMemory.Mixed : LoopMemory.Plain,
            Differentiation = mode == Mode.Forward ? Differentiation.Forward : Differentiation.Reverse,
        };
        var environment = settings.CreateEnvironment();
        return new(environment, settings, method, [0], device, problem == Problem.Mlp ? Wide : null);

        // Two hidden layers of a thousand.
        IActorCritic Wide(Key key)
        {
            const int Units = 1000;
            var trunk = MlpTrunk.Initial(key.Fold(0), [environment.ObservationShape.ElementCount, Units, Units]);
            return ActorCritic.Initial(key, trunk, Units, [], environment.ActionCount);
        }
    }

    private static string Name<T>(T value)
        where T : struct, Enum
        => RL.Setting.Text(value);
}
