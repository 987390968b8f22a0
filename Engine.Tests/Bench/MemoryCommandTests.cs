using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class MemoryCommandTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1,-2")]
    public void StepsThatAreNoneAreNamed(string steps)
    {
        var (code, output, error) = ProgramTests.Run("memory", "--plan", "--steps", steps);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains($"--steps is {steps.Split(',')[^1]}, but must be at least 1", error);
    }

    [Fact]
    public void MixedMemoryGrowsLessThanPlain()
    {
        var (code, output, error) = ProgramTests.Run("memory", "--plan", "--modes", "plain,mixed", "--steps", "5,10");
        Assert.True(code == ExitCodes.Ok, error);
        var bytes = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)
            .ToDictionary(line => (line["mode"]!.GetValue<string>(), line["steps"]!.GetValue<int>()), line => (long)line["working_bytes"]!);
        Assert.InRange(bytes[("mixed", 10)] - bytes[("mixed", 5)], 1, (bytes[("plain", 10)] - bytes[("plain", 5)]) / 3);
    }
}
