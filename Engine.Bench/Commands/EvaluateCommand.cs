using System.CommandLine;
using System.Text;
using Engine.Bench.Games;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL;
using Engine.RL.Agents;
using Engine.RL.Statistics;
using Engine.RL.Training;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine evaluate: how well trained agents play.</summary>
public static class EvaluateCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "evaluate", "Evaluate trained agents in fresh episodes: the mean return of each, and that of each method over its seeds.")
        {
            Examples =
            {
                ("engine evaluate runs/snake", "256 episodes of every agent there, with actions as in training"),
                ("engine evaluate runs/five --agent 5-2 --policy greedy --episodes 1000", "one of several agents, its likeliest actions"),
                ("engine evaluate runs/snake --policy random", "what one gets without having learned"),
                ("engine evaluate runs/snake --seed 7 --json evaluation.json", "other episodes, each written to a file"),
            },
        };
        var options = new AgentOptions(command);
        var episodes = Options.Number("--episodes", "How many episodes; all are played at once.", 256, 1, 1 << 20);
        var json = Options.Of<string?>("--json", "Write all returns and lengths to a file.", null);
        json.HelpName = "FILE";
        var quiet = Options.Switch("--quiet", "Show no progress.");
        foreach (var option in (Option[])[episodes, json, quiet])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            UserFile.RequireFolder(parsed.GetValue(json), "--json");
            int count = parsed.GetValue(episodes);
            var (policy, seed) = (options.Policy(parsed), options.Seed(parsed));
            var agents = options.FindAll(parsed);
            using var device = options.OpenDevice(parsed);
            var results = new List<(AgentRun Run, long Frames, string Describe, EpisodeStatistics Played)>();
            using (var progress = Progress.Start(parsed, parsed.GetValue(quiet)))
            {
                foreach (var found in agents)
                    progress.Expect(Part(found), 0, count);
                foreach (var found in agents)
                {
                    using var agent = LoadedAgent.Load(found, device);
                    var played = Episodes.Play(
                        agent.Environment,
                        agent.Logits,
                        policy,
                        count,
                        seed,
                        device: device,
                        progress: ended => progress.Report(Part(found), ended, count),
                        cancel: cancel);
                    results.Add((agent.Run, agent.Frames, agent.Describe, played));
                }

                string Part(AgentFolder agent) => agents.Count > 1 ? $"{agent.Name}, episodes" : "episodes";
            }

            var methods = results.GroupBy(result => result.Run.Method)
                .Select(group => (Method: group.Key, Return: SeedStatistics.Of([.. group.Select(result => result.Played.Mean)])))
                .ToArray();
            Print(parsed, policy, results);
            if (results.Count > 1)
                Print(parsed, methods);
            if (parsed.GetValue(json) is { } file)
            {
                UserFile.Write(file, "--json", Encoding.UTF8.GetBytes(Json.Write(new
                {
                    policy,
                    seed,
                    episodes = count,
                    methods = methods.Select(method => new { method.Method, method.Return }),
                    agents = results.Select(result => new
                    {
                        agent = result.Run.Name,
                        result.Frames,
                        result.Run.Method,
                        result.Run.Seed,
                        result.Played.Mean,
                        result.Played.StandardError,
                        result.Played.Min,
                        result.Played.Max,
                        result.Played.MeanLength,
                        result.Played.Returns,
                        result.Played.Lengths,
                    }),
                })));
                parsed.InvocationConfiguration.Output.WriteLine($"Written to {file}.");
            }

            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static void Print(
        ParseResult parsed, PolicyKind policy, IEnumerable<(AgentRun Run, long Frames, string Describe, EpisodeStatistics Played)> results)
        => parsed.Console().WriteTable(
            ["Agent", "Policy", ">Episodes", ">Mean return", ">Least", ">Greatest", ">Mean length"],
            results.Select(result => (string[])[
                result.Describe,
                Setting.Text(policy),
                Invariant($"{result.Played.Count}"),
                Estimate.Of(result.Played.Returns).Text("0.00"),
                Invariant($"{result.Played.Min:0.##}"),
                Invariant($"{result.Played.Max:0.##}"),
                Invariant($"{result.Played.MeanLength:0.0}")]),
            "In brackets: the standard error over episodes.");

    private static void Print(ParseResult parsed, IEnumerable<(string Method, SeedStatistics Return)> methods)
        => parsed.Console().WriteTable(
            ["Method", ">Seeds", ">Mean return", ">Interquartile mean"],
            methods.Select(method => (string[])[
                method.Method,
                Invariant($"{method.Return.Seeds}"),
                Tables.WithInterval(method.Return.Mean, method.Return.MeanInterval),
                Tables.WithInterval(method.Return.Iqm, method.Return.IqmInterval)]),
            "Over seeds, of each the mean return; in brackets: the 95% bootstrap interval over seeds.");
}
