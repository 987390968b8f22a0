using System.Text.RegularExpressions;
using Engine.Bench.Output;
using Engine.Bench.Workloads;
using Engine.Tests.Core;
using Engine.Tests.Docs;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class PeerTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("x", "cpu", "--only x --repeats 3 --threads 2")]
    [InlineData("x", "cuda:1", "--only x --repeats 3 --threads 2 --device cuda:1")]
    [InlineData("snake-train-0", "cpu", "--only snake-train-0 --repeats 3 --threads 2 --agents 21")]
    public void AGraphicsCardAndHowManyAgentsTrainAreNamedToThePeer(string workload, string device, string expected)
    {
        string program = Script("echo \"$@\" > \"$0.args\"; echo '{\"median_ms\": 1.5}'");
        Assert.Equal(new PeerTime(1.5), new Peer($"sh {program}", agents: 21).Time(workload, 3, 2, device));
        Assert.Equal(expected, File.ReadAllText(program + ".args").Trim());
    }

    [Fact]
    public void PeersMayNotHaveAWorkload() => Assert.Null(new Peer($"sh {Script("exit 0")}").Time("x", 1, 1, "cpu"));

    [Fact]
    public void APeersFailureInOneWorkloadIsNoted()
    {
        string program = Script("echo '{\"workload\": \"sum-16m\", \"error\": \"out of memory\"}'");
        var (code, output, _) = ProgramTests.Run("workloads", "--only", "matmul-640x288x40", "--repeats", "1", "--peer", $"sh {program}");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("\"peer_error\":\"out of memory\"", output);
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("echo fast")]
    [InlineData("echo '{\"other\": 1}'")]
    public void OtherAnswersAreErrors(string script)
        => Assert.Contains(
            "did not print a time for x",
            Assert.Throws<UserError>(() => new Peer($"sh {Script(script)}").Time("x", 1, 1, "cpu")).Message);

    [Theory]
    [InlineData("jax_peer.py")]
    [InlineData("torch_peer.py", "snake-steps-n1024")]
    public void PeersHaveTheSameWorkloads(string peer, params string[] others)
    {
        string program = File.ReadAllText(Path.Combine(Pages.Root(), "Engine.Bench", "Peers", peer));
        string table = Regex.Match(program, @"^WORKLOADS = \{\n(.*?)^\}", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;
        var names = Regex.Matches(table, "^    \"(.*?)\":", RegexOptions.Multiline).Select(name => name.Groups[1].Value);
        Assert.Equal(Workload.All.Select(workload => workload.Name).Except(others), names);
    }

    private string Script(string text)
    {
        string path = _temporary.At("peer.sh");
        File.WriteAllText(path, text);
        return path;
    }
}
