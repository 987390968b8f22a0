using Engine.Bench.Output;
using Engine.Bench.Workloads;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class PeerTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("cpu", "--only x --repeats 3 --threads 2")]
    [InlineData("cuda:1", "--only x --repeats 3 --threads 2 --device cuda:1")]
    public void AGraphicsCardIsNamedToThePeer(string device, string expected)
    {
        string program = Script("echo \"$@\" > \"$0.args\"; echo '{\"median_ms\": 1.5}'");
        Assert.Equal(1.5, new Peer($"sh {program}").Median("x", 3, 2, device));
        Assert.Equal(expected, File.ReadAllText(program + ".args").Trim());
    }

    [Fact]
    public void PeersMayNotHaveAWorkload() => Assert.Null(new Peer($"sh {Script("exit 0")}").Median("x", 1, 1, "cpu"));

    [Theory]
    [InlineData("exit 3")]
    [InlineData("echo fast")]
    [InlineData("echo '{\"other\": 1}'")]
    public void OtherAnswersAreErrors(string script)
        => Assert.Contains(
            "did not print a time for x",
            Assert.Throws<UserError>(() => new Peer($"sh {Script(script)}").Median("x", 1, 1, "cpu")).Message);

    private string Script(string text)
    {
        string path = _temporary.At("peer.sh");
        File.WriteAllText(path, text);
        return path;
    }
}
