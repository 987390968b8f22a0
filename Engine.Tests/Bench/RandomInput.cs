using System.Globalization;
using Engine.Bench.Output;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>
/// What all tests of random input want. ENGINE_TRIES=10 in the environment makes ten times as many tries.
/// </summary>
internal static class RandomInput
{
    /// <summary>How many times as many tries.</summary>
    public static int Factor { get; }
        = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_TRIES"), CultureInfo.InvariantCulture, out int tries) ? tries : 1;

    /// <summary>Tries something often: it works, or complains as it should; and both happen.</summary>
    /// <param name="tries">How often.</param>
    /// <param name="attempt">Reads or parses something random.</param>
    /// <param name="least">How many in a hundred work, and how many don't, at the least.</param>
    public static void Try<T>(int tries, Func<T> attempt, int least = 3)
    {
        int accepted = 0;
        for (int i = 0; i < tries * Factor; i++)
        {
            try
            {
                attempt();
                accepted++;
            }
            catch (Exception e)
            {
                using var error = new StringWriter();
                int code = Complaints.Print(e, error);
                Assert.True(code == ExitCodes.UserError, $"Try {i}: {e}");
                AssertPrintable(error.ToString());
            }
        }

        Assert.InRange(accepted, tries * Factor * least / 100, tries * Factor * (100 - least) / 100);
    }

    /// <summary>Fails unless a complaint is one line that says something to a person.</summary>
    public static void AssertPrintable(string error)
    {
        Assert.EndsWith(Environment.NewLine, error);
        string line = error[..^Environment.NewLine.Length];
        Assert.InRange(line.Length, 10, 300);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.DoesNotContain("System.", line);
        Assert.DoesNotContain("(Parameter ", line);
    }
}
